"""What a user can be told when something does not go on.

One vocabulary with the vendor's error codes: a limit of ours is raised as the code that the vendor would answer,
so that a person learns one set of sentences.

    UserError
    ├── BadValue        3    a flag or an answer that is not allowed; says what is
    ├── BadPicture      3    a picture that cannot be used; says why
    ├── Sensitive       18   the content filter stopped it
    ├── NotAllowed      7    not here, or not for this person or account
    ├── NotFound        5    what was asked for is gone
    ├── TooFast         8    says how many seconds to wait
    ├── TooMany         409  too many tasks at once
    ├── DailyLimit      429  says when it renews
    ├── Unavailable     503  the vendor, or a part that the operator has not set up
    └── Broken          13   a fault of ours or the vendor's
"""

from typing import ClassVar

from bot.locales.text import Text


class UserError(Exception):
    """A plain sentence for the person who asked, with a way out."""

    code: ClassVar[int]

    def __init__(self, sentence: Text) -> None:
        super().__init__(sentence.plain("en"))
        self.sentence = sentence


class BadValue(UserError):
    """A value that is not allowed; the sentence names the allowed ones."""

    code = 3


class BadPicture(UserError):
    """A picture that cannot be used."""

    code = 3


class NotFound(UserError):
    """Something that is not there, or no longer."""

    code = 5


class NotAllowed(UserError):
    """Not here, or not for this person."""

    code = 7


class TooFast(UserError):
    """Too soon after the last request."""

    code = 8


class Broken(UserError):
    """A fault that is not the user's."""

    code = 13


class Sensitive(UserError):
    """The content filter stopped it."""

    code = 18


class TooMany(UserError):
    """As many tasks running as are allowed."""

    code = 409


class DailyLimit(UserError):
    """The day's allowance is spent."""

    code = 429


class Unavailable(UserError):
    """Out of service, or not set up here."""

    code = 503
