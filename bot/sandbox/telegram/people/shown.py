"""What the people side shows, as its clients read it."""

from pydantic import BaseModel, ConfigDict, Field


class _View(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, populate_by_name=True)


class Sender(_View):
    """Who wrote a message: a person, the bot, a group or a channel."""

    id: int
    name: str
    is_bot: bool


class ShownPhoto(_View):
    """A photo in a message; the URL is relative to the stand-in's address."""

    url: str
    width: int
    height: int
    file_id: str


class ShownDocument(_View):
    """A file in a message; URLs are relative to the stand-in's address."""

    url: str
    file_name: str
    mime_type: str
    size: int
    file_id: str
    thumb_url: str | None = None


class Button(_View):
    """A button under a message; one of `data`, `url` and `copied` says what it does."""

    text: str
    data: str | None = None
    url: str | None = None
    copied: str | None = Field(default=None, alias="copy")
    style: str | None = None


class ChatMessage(_View):
    """A message as it is shown."""

    message_id: int
    chat_id: int
    thread_id: int | None = None
    date: int
    edited: bool
    sender: Sender = Field(alias="from")
    text: str
    html: str
    photo: ShownPhoto | None = None
    document: ShownDocument | None = None
    caption: str
    caption_html: str
    media_group_id: str | None = None
    reply_to_message_id: int | None = None
    keyboard: list[list[Button]] | None = None
    force_reply: bool = False
    input_placeholder: str | None = None
    reactions: list[str] = []
    via_bot: str | None = None

    @property
    def buttons(self) -> list[Button]:
        """All the buttons, row after row."""
        return [button for row in self.keyboard or [] for button in row]

    @property
    def words(self) -> str:
        """The text, or the caption."""
        return self.text or self.caption


class Offered(_View):
    """A result of an inline query; the photo's URL is relative to the stand-in's address."""

    id: str
    type: str
    title: str
    description: str
    photo: str | None = None


class Event(_View):
    """Something that happened; which fields are set depends on its type."""

    n: int
    type: str
    chat_id: int | None = None
    message: ChatMessage | None = None
    message_id: int | None = None
    message_ids: list[int] = []
    reactions: list[str] = []
    action: str | None = None
    query_id: str | None = None
    user_id: int | None = None
    text: str | None = None
    show_alert: bool = False
    results: list[Offered] = []
    next_offset: str = ""
    button: str | None = None


class Person(_View):
    """Somebody with an account."""

    id: int
    first_name: str
    username: str | None = None
    language_code: str | None = None


class Topic(_View):
    """A topic of a forum."""

    id: int
    name: str


class ShownChat(_View):
    """A private chat with the bot (`user_id` says whose) or a group."""

    id: int
    type: str
    title: str
    is_forum: bool
    topics: list[Topic]
    members: list[int]
    admins: list[int]
    user_id: int | None = None


class ShownCommand(_View):
    """An entry of the bot's menu."""

    command: str
    description: str


class State(_View):
    """Who is there."""

    bot: Person
    users: list[Person]
    chats: list[ShownChat]
    commands: list[ShownCommand]
    last_event: int

    def person(self, first_name: str) -> Person:
        """Find somebody by first name."""
        return next(user for user in self.users if user.first_name == first_name)

    def chat(self, title: str) -> ShownChat:
        """Find a chat by its title; a private chat's is the person's first name."""
        return next(chat for chat in self.chats if chat.title == title)
