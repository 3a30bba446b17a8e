"""Which kind of need is asked for in which way."""

from collections.abc import Mapping

from bot.capabilities.collection import CollectionNeed
from bot.capabilities.faces import FacesNeed
from bot.capabilities.marks import MaskNeed
from bot.capabilities.needs import Need, PhotoNeed, WordsNeed
from bot.conversations.asking import Asking, AskingWords
from bot.conversations.collecting import AskingCollection
from bot.conversations.facing import AskingFaces
from bot.conversations.marking import AskingMask

ASKINGS: Mapping[type[Need], Asking] = {
    WordsNeed: AskingWords(),
    PhotoNeed: Asking(),
    FacesNeed: AskingFaces(),
    MaskNeed: AskingMask(),
    CollectionNeed: AskingCollection(),
}


def asking(need: Need) -> Asking:
    """Find how a need is asked for."""
    return ASKINGS[type(need)]
