"""Read a command from a message's text or from a picture's caption."""

from dataclasses import dataclass

from telegram import Message, MessageEntity
from telegram.ext.filters import MessageFilter


@dataclass(frozen=True, slots=True)
class Command:
    """A command without its slash, in lower case, and what is typed behind it."""

    name: str
    line: str


def command_of(message: Message, username: str) -> Command | None:
    """Read the command that a message begins with; none where it begins with none, or with one for another bot."""
    written = message.text if message.text is not None else message.caption
    entities = message.entities if message.text is not None else message.caption_entities
    if not written or not entities:
        return None
    # Not always the first: a message that is bold as a whole has that entity before it.
    first = next((one for one in entities if one.type == MessageEntity.BOT_COMMAND and one.offset == 0), None)
    if first is None:
        return None
    name, _, addressed = written[1 : first.length].partition("@")
    if addressed and addressed.casefold() != username.casefold():
        return None
    return Command(name.casefold(), written[first.length :].strip())


class Asks(MessageFilter):
    """Let messages pass that begin with one of these commands, be it in a caption."""

    def __init__(self, username: str, *commands: str) -> None:
        super().__init__(name=f"Asks({', '.join(commands) or 'any'})")
        self._username = username
        self._commands = frozenset(commands)

    def filter(self, message: Message) -> bool:
        """Say whether the message passes; without commands given, any command does."""
        command = command_of(message, self._username)
        return command is not None and (not self._commands or command.name in self._commands)
