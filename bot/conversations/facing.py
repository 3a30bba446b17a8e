"""How faces are asked for: the photos of the new ones, and, by numbers on the picture, whom each is for."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from bot.capabilities.base import Studio
from bot.capabilities.casting import Casting, Trouble, look, no_such_face
from bot.capabilities.faces import FacesNeed
from bot.capabilities.needs import Source
from bot.conversations.asking import Asking, in_group, way_out
from bot.conversations.form import Form, Outdated
from bot.conversations.view import Button, Buttons, Drawn, View, in_rows, joined
from bot.errors import BadValue
from bot.locales.text import Text, layout, plural, text, verbatim
from bot.media.fit import in_turn
from bot.media.masks.numbered import numbered_faces

_PER_ROW = 6
_SIDES = ("left", "top", "right", "bottom")
_OTHER_KIND = {"normal": "anime", "anime": "normal"}


class AskingFaces(Asking):
    """Asks for what is missing next: a picture with faces, face photos, or the number of a face."""

    async def view(self, form: Form, need: FacesNeed, buttons: Buttons, studio: Studio) -> View:
        """Draw what is asked for now; on the waiting screen nothing is."""
        casting, out = Casting.of(form.answers), way_out(form, need, buttons)
        if form.parts[2:]:
            raise Outdated(form.screen)
        if casting.unseen:
            return _waiting(casting, out, studio)
        if casting.trouble:
            return _troubled(casting, casting.trouble, buttons, out, studio)
        if not casting.photos:
            return View(need.question, [out], need.hint)
        return _placing(casting, buttons, out, studio)

    async def sent(self, form: Form, need: FacesNeed, source: Source, studio: Studio) -> Form:  # noqa: ARG002
        """Take a picture in the place of one without a face, or else as one more face photo."""
        casting = Casting.of(form.answers)
        trouble = None if casting.unseen else casting.trouble
        if trouble and not trouble.photo:
            return form.answered({**form.answers, "photo": dict(source)}, back="main")
        if trouble:
            photos = [*casting.photos]
            photos[trouble.photo - 1] = source
            return _with(form, photos=photos)
        if casting.base_faces and casting.room == 1:
            return _with(form, photos=[source], over=0)
        if casting.base_faces and len(casting.photos) >= casting.room:
            raise BadValue(
                plural(
                    "There is a photo for {count} face already, and more cannot be used here. To use other photos, "
                    "press “Other photos”.",
                    "There are photos for {count} faces already, and more cannot be used here. To use other photos, "
                    "press “Other photos”.",
                    casting.room,
                )
            )
        return form.with_answer(need.name, need.taken(form.answers, source))

    async def typed(self, form: Form, need: FacesNeed, words: str, studio: Studio) -> Form:
        """Take the numbers of faces where these are asked for."""
        casting = Casting.of(form.answers)
        if not casting.free:
            return await super().typed(form, need, words, studio)
        numbers = form.option("onto").parse(words)
        casting.check_numbers(numbers)
        return form.answered({**form.answers, "onto": numbers}, back="main")

    async def pressed(self, form: Form, need: FacesNeed, argument: str, studio: Studio) -> Form:  # noqa: ARG002
        """Take a number for the next face photo, or one of the other buttons."""
        casting = Casting.of(form.answers)
        numbers = casting.chosen
        if casting.unseen or not (casting.photos or casting.trouble):
            raise Outdated(argument)
        match argument:
            case "order" if not numbers and casting.free:
                return _placed(form, casting, casting.free[: len(casting.used)])
            case "undo" if numbers and not casting.trouble:
                return _placed(form, casting, numbers[:-1])
            case "fewer" if casting.lacking:
                return _placed(form, casting, numbers)
            case "other":
                return _with(_placed(form, casting, []), photos=[], over=0)
            case _ if casting.trouble:
                return _mended(form, casting, casting.trouble, argument)
            case _ if argument in map(str, casting.free):
                return _placed(form, casting, [*numbers, int(argument)])
        raise Outdated(argument)


def _waiting(casting: Casting, out: Sequence[Button], studio: Studio) -> View:
    lines = [text("🔎 Looking for faces…")]
    if not casting.photos:
        lines += [text("You can send the photo of the new face meanwhile."), *in_group(studio)]
    return View(joined(lines), [out])


def _troubled(casting: Casting, trouble: Trouble, buttons: Buttons, out: Sequence[Button], studio: Studio) -> View:
    rows = [[buttons.need(_look_for(_OTHER_KIND[casting.kind]), _OTHER_KIND[casting.kind])]]
    if trouble.reason is not None:
        rows = [[buttons.need(text("🔄 Look again"), "again")]]
    if trouble.photo and len(casting.photos) > 1:
        rows.append([buttons.need(text("Leave this photo out"), "drop")])
    return View(joined([_what_is_wrong(trouble), _what_to_send(trouble), *in_group(studio)]), [*rows, out])


def _what_is_wrong(trouble: Trouble) -> Text:
    where = text("face photo {number}", number=trouble.photo) if trouble.photo else text("the picture")
    if trouble.reason is not None:
        return text("I could not look for faces on {where}. {reason}", where=where, reason=trouble.reason)
    return text("I found no face on <b>{where}</b>.", where=where)


def _what_to_send(trouble: Trouble) -> Text:
    if trouble.photo:
        return text("Send me another photo in its place: clear, the face towards the camera, and not too small.")
    return text("Send me another picture to change: clear, the faces towards the camera, and not too small.")


def _look_for(kind: str) -> Text:
    return text("🎎 They are drawn (anime)") if kind == "anime" else text("📷 They are photos")


def _placing(casting: Casting, buttons: Buttons, out: Sequence[Button], studio: Studio) -> View:
    numbers = [buttons.need(verbatim(str(number)), str(number), "primary") for number in casting.free]
    ways = []
    if casting.free and not casting.chosen and len(casting.used) > 1:
        ways.append(buttons.need(text("⇢ In order"), "order"))
    if casting.lacking:
        ways.append(buttons.need(text("✓ Go on with these"), "fewer", "success"))
    if casting.chosen:
        ways.append(buttons.need(text("↩️ Undo"), "undo"))
    other = buttons.need(text("🙂 Other photos"), "other")
    more = in_group(studio) if casting.lacking or len(casting.photos) < casting.room else []
    body = joined([*_status(casting), *casting.remarks, *_question(casting), *more])
    return View(body, [*in_rows(numbers, _PER_ROW), [*ways, other], out], picture=_picture(casting, studio))


def _status(casting: Casting) -> list[Text]:
    counted = layout(
        "🎭 {faces} · {photos}",
        faces=plural("{count} face in the picture", "{count} faces in the picture", len(casting.base_faces)),
        photos=plural("{count} face photo", "{count} face photos", len(casting.photos)),
    )
    pairs = enumerate(casting.placing, 1) if len(casting.base_faces) > 1 else ()
    placed = [text("Photo {photo} → face {number}", photo=photo, number=number) for photo, number in pairs]
    return [counted, *placed]


def _question(casting: Casting) -> list[Text]:
    wrong = [no_such_face(casting.wrong[0], len(casting.base_faces))] if casting.wrong else []
    if casting.lacking:
        return [
            plural(
                "Send me {count} more face photo, or go on with what is there.",
                "Send me {count} more face photos, or go on with what is there.",
                casting.lacking,
            )
        ]
    if not casting.free:
        return wrong
    which = text("Whose place does it take? Press the number of the face.")
    if len(casting.used) > 1:
        which = text("Whose place does photo {photo} take? Press the number.", photo=len(casting.placing) + 1)
    if len(casting.photos) < casting.room:
        return [*wrong, which, text("For more faces, send their photos first.")]
    return [*wrong, which]


def _picture(casting: Casting, studio: Studio) -> Drawn | None:
    base, boxes = casting.base, [tuple(round(face[side]) for side in _SIDES) for face in casting.base_faces]
    if base is None or not boxes[1:]:  # one face needs no number
        return None

    async def draw() -> bytes:
        # Fitted as it was for the vendor: the boxes are in that one's pixels.
        fitted = await studio.inputs.fitted(base)
        return await in_turn(lambda: numbered_faces(fitted.data, boxes))

    return Drawn(hashlib.sha256(look(casting.kind, base).encode()).hexdigest()[:32], draw)


def _mended(form: Form, casting: Casting, trouble: Trouble, argument: str) -> Form:
    match argument:
        case "again" if trouble.reason is not None:
            known = {key: sight for key, sight in casting.seen.items() if "reason" not in sight}
            return _with(form, seen=known)
        case "drop" if trouble.photo and len(casting.photos) > 1:
            photos, numbers = casting.without(trouble.photo - 1)
            return _with(_placed(form, casting, numbers), photos=photos)
        case "normal" | "anime" if argument != casting.kind:
            return form.answered({**form.answers, "face": argument}, back="main")
    raise Outdated(argument)


def _placed(form: Form, casting: Casting, numbers: Sequence[int]) -> Form:
    """Note the numbers with the base that they count on: for another one they mean nothing."""
    if casting.base is None:
        raise Outdated(form.screen)
    key = look(casting.kind, casting.base)
    seen = {**casting.seen, key: {**casting.seen[key], "picks": list(numbers)}}
    return _with(replace(form, answers={**form.answers, "onto": None}), seen=seen)


def _with(form: Form, **changes: object) -> Form:
    """Change what is held of the faces."""
    held = form.answers.get("faces") or {}
    return form.answered({**form.answers, "faces": {**held, **changes}}, back="main")
