"""What the people side is asked for, as JSON."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class Asked(BaseModel):
    """A request's body; unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Edit(Asked):
    """Somebody changes a message of theirs: its text, or its caption."""

    chat_id: int
    user_id: int
    message_id: int
    text: str


class Press(Asked):
    """Somebody presses a button."""

    chat_id: int
    user_id: int
    message_id: int
    data: str


class InlineTyping(Asked):
    """Somebody types behind the bot's name; `offset` asks for more of the same results."""

    chat_id: int
    user_id: int
    query: str = ""
    offset: str = ""


class InlineChoice(Asked):
    """Somebody sends one of the results, to where they typed."""

    query_id: str
    result_id: str
    thread_id: int | None = None


class Deletion(Asked):
    """Somebody removes messages."""

    chat_id: int
    user_id: int
    message_ids: list[int] = Field(min_length=1, max_length=100)


class Block(Asked):
    """Somebody blocks the bot, or lets it write again."""

    user_id: int
    blocked: bool = True


class Migration(Asked):
    """A group becomes a supergroup."""

    chat_id: int


class AdminChange(Asked):
    """Somebody, or the bot, becomes an admin or stops being one."""

    chat_id: int
    user_id: int
    admin: bool = True


class MemberChange(Asked):
    """Somebody, or the bot, is taken into a group or put out."""

    chat_id: int
    user_id: int
    member: bool = True


class NewUser(Asked):
    """Somebody new, or another bot."""

    first_name: str = Field(min_length=1, max_length=64)
    username: str | None = None
    language_code: str | None = None
    is_bot: bool = False


class NewGroup(Asked):
    """A new group, or a supergroup with topics, with the bot in it. The first admin is its owner."""

    title: str = Field(min_length=1, max_length=128)
    members: list[int]
    admins: list[int] = Field(min_length=1)
    forum: bool = False
    topics: list[str] = Field(default=[], max_length=50)


class FaultPlan(Asked):
    """What is to go wrong with a method's next calls."""

    method: str
    times: int = Field(default=1, ge=1)
    status: int | None = Field(default=None, ge=400, le=599)
    description: str = "Internal Server Error"
    parameters: dict[str, Any] = {}
    drop: Literal["before", "after"] | None = None
    delay: float = Field(default=0, ge=0, le=600)


class Redelivery(Asked):
    """An update that is to arrive a second time."""

    update_id: int
