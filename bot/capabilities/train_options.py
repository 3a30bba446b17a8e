"""What can be chosen about a `/train`; the bounds are the vendor's, read from its request."""

from bot.capabilities.options import Characters, Named, OneOf, Option
from bot.locales.text import text
from bot.miaohua.bounds import longest_of
from bot.miaohua.lora import TrainRequest

OPTIONS = (
    Option(
        name="subject",
        label=text("It learns"),
        help=text("a person, who must be in every picture, or a style"),
        kind=OneOf({"Human": text("a person"), "Style": text("a style")}),
        flags=("learn",),
        sets={"human": "Human", "style": "Style"},
        default="Human",
        page="main",
    ),
    Option(
        name="trigger",
        label=text("Trigger word"),
        help=text("the word in a prompt that calls it; several go in quotes"),
        kind=Characters(longest_of(TrainRequest, "trigger_word"), takes="token"),
        flags=("trigger",),
        default="",
        page="main",
    ),
    Option(
        name="base",
        label=text("Base model"),
        help=text("the model that it is trained on, and then goes with"),
        kind=Named(),
        flags=("base",),
        page="main",
    ),
    Option(
        name="speed",
        label=text("Turn"),
        help=text("VIP trainings are begun before all others, and may cost the operator more"),
        kind=OneOf({"NORMAL": text("in order"), "VIP": text("VIP, first")}),
        flags=("turn",),
        sets={"vip": "VIP"},
        default="NORMAL",
    ),
    Option(
        name="description",
        label=text("Description"),
        help=text("what it is, for you and for those that you share it with; goes on to the next flag"),
        kind=Characters(longest_of(TrainRequest, "description")),
        flags=("about",),
        default="",
    ),
)
