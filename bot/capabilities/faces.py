"""The faces that are put on a picture: photos that are sent, and the errands that look for the faces in them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from bot.capabilities.casting import MOST_SWAPS, Casting, in_order, look, looks
from bot.capabilities.needs import Answers, Brought, Errand, Need, Source
from bot.errors import BadValue
from bot.locales.text import Text, plural, text


@dataclass(frozen=True, kw_only=True)
class FacesNeed(Need):
    """Up to four face photos, and who goes on whom. The base is answered by the need `photo`."""

    most: ClassVar[int] = MOST_SWAPS

    def is_met(self, answers: Answers) -> bool:
        """Say whether every face has its place."""
        return Casting.of(answers).is_complete

    def taken(self, answers: Answers, source: Source) -> dict[str, Any]:
        """Add a face photo; raise `BadValue` where there are as many as may be."""
        casting = Casting.of(answers)
        if len(casting.photos) >= MOST_SWAPS:
            raise BadValue(text("I have {most} face photos already, and more cannot be used.", most=MOST_SWAPS))
        return {**(answers.get(self.name) or {}), "photos": [*casting.photos, dict(source)]}

    def errands(self, answers: Answers) -> Sequence[Errand]:
        """Have faces looked for in every picture that was not looked at yet."""
        casting = Casting.of(answers)
        return [Errand("detect", {"photo": dict(one), "face": casting.kind}) for one in casting.unseen]

    def heard(self, answers: Answers, brought: Brought) -> dict[str, Any]:
        """Note the faces that were found, or why there was no looking; forget pictures that are no longer meant."""
        casting, request = Casting.of(answers), brought.task.request
        sight: dict[str, Any] = {"faces": in_order((brought.task.found or {}).get("faces", ()))}
        if brought.reason is not None:
            sight = {"reason": brought.reason.dump()}
        seen = {**casting.seen, look(request["face"], request["photo"]): sight}
        meant = looks(casting.sources)
        kept = {key: sight for key, sight in seen.items() if key in meant}
        return {**answers, self.name: {**(answers.get(self.name) or {}), "seen": kept}}

    def show(self, answers: Answers) -> Text:
        """Say how many faces are put on the picture."""
        return plural("{count} face", "{count} faces", len(Casting.of(answers).used))
