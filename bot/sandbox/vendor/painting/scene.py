"""What is in the picture: decided by the prompt where it says so, by the seed where it does not."""

import random
from dataclasses import dataclass

from bot.sandbox.vendor.painting.colours import PALETTES, Colour, Mood, Palette
from bot.sandbox.vendor.painting.keywords import recognise, recognise_colour

ANIMALS = ("fox", "cat", "dog", "rabbit", "panda", "bear", "tiger")
_LANDS = ("mountain", "sea", "city", "forest", "desert", "meadow")
_SUBJECTS = {*ANIMALS, "person", "house", "boat", "balloon", "tree"}
_SKIES = {"night", "dusk", "dawn", "sun", "moon", "stars", "aurora", "clouds", "rainbow", "rain", "autumn"}
_COMPANIONS = {  # what a landscape gets that the prompt did not ask for
    "mountain": ("house", "tree"),
    "sea": ("boat", "birds"),
    "city": ("birds",),
    "forest": ("birds", "house"),
    "desert": ("balloon",),
    "meadow": ("tree", "balloon"),
}
_TINT_OF_ALL = 0.32


@dataclass(frozen=True, slots=True)
class Scene:
    """A composition, before a single stroke."""

    concepts: frozenset[str]
    mood: Mood
    palette: Palette
    tint: Colour | None  # the colour that the prompt names
    detail: float  # 0.5..1.5: how many of the small things

    def has(self, *names: str) -> bool:
        """Tell whether any of these is in the picture."""
        return not self.concepts.isdisjoint(names)

    @property
    def stands(self) -> bool:
        """Tell whether anything is in it that needs ground under its feet."""
        return self.has(*ANIMALS, "person", "house", "tree")

    @property
    def animals(self) -> tuple[str, ...]:
        """Name the animals, at most three."""
        return tuple(name for name in ANIMALS if name in self.concepts)[:3]


def compose(prompt: str, neg_prompt: str, chance: random.Random, detail: float) -> Scene:
    """Decide on a scene."""
    unwanted = recognise(neg_prompt)
    found = recognise(prompt) - unwanted
    mood = _mood(found, chance)
    concepts = found | _land(found, unwanted, chance) | _sky(found, mood, chance)
    concepts -= unwanted
    tint = recognise_colour(prompt)
    return Scene(frozenset(concepts), mood, _palette(found, mood, tint, chance), tint, detail)


def _mood(found: frozenset[str], chance: random.Random) -> Mood:
    drawn: Mood = chance.choice(("dawn", "dawn", "day", "day", "day", "dusk", "dusk", "night"))
    named: tuple[Mood, ...] = ("dusk", "dawn", "night")
    for mood in named:
        if mood in found:
            return mood
    if found & {"moon", "stars", "aurora"}:
        return "night"
    return "day" if found & {"sun", "rainbow"} and drawn == "night" else drawn


def _land(found: frozenset[str], unwanted: frozenset[str], chance: random.Random) -> set[str]:
    """Choose a landscape where none is named; a boat has its sea, a flower its meadow."""
    drawn = chance.choice([land for land in _LANDS if land not in unwanted] or ["meadow"])
    if found & set(_LANDS):
        return set()
    if "boat" in found:
        return {"sea"}
    if "flower" in found:
        return {"meadow"}
    if found & _SUBJECTS or "snow" in found:
        return {chance.choice(("mountain", "forest", "meadow"))}
    return {drawn, *(_COMPANIONS[drawn] if not found - _SKIES else ())}


def _sky(found: frozenset[str], mood: Mood, chance: random.Random) -> set[str]:
    """Put into the sky what the hour brings."""
    clouded = chance.random() < 0.6  # noqa: PLR2004  a matter of taste
    if mood == "night":
        return {"stars", "moon"} if "aurora" not in found else {"stars"}
    sky = {"sun"} if not found & {"rain", "moon"} else set()
    return sky | ({"clouds"} if clouded or "rain" in found else set()) | ({"birds"} if mood == "dusk" else set())


def _palette(found: frozenset[str], mood: Mood, tint: Colour | None, chance: random.Random) -> Palette:
    palette = chance.choice(PALETTES[mood])
    if tint and not found & {*ANIMALS, "person", "flower", "house", "boat", "balloon"}:
        palette = palette.tinted(tint, _TINT_OF_ALL)
    return palette.snowed() if "snow" in found else palette
