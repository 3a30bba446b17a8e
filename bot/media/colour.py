"""Bring any picture to the colours that everybody reads alike: 8 bits, sRGB, grey, RGB or RGBA."""

import io

from PIL import Image, ImageCms

PLAIN_MODES = ("L", "RGB", "RGBA")
_16_TO_8_BIT = 1 / 256


def is_srgb(icc_profile: bytes | None) -> bool:
    """Whether readers that ignore the profile show the same; a broken profile counts as none."""
    if not icc_profile:
        return True
    try:
        name = ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(io.BytesIO(icc_profile)))
    except (ImageCms.PyCMSError, OSError):
        return True
    return "srgb" in name.lower()


def to_plain(picture: Image.Image) -> Image.Image:
    """Convert to sRGB in one of `PLAIN_MODES`; RGBA only where something shows through. Nothing beside pixels stays."""
    profile = picture.info.get("icc_profile")
    plain = _to_srgb(_shallow(picture), profile)
    if plain.mode == "RGBA" and plain.getchannel("A").getextrema() == (255, 255):
        plain = plain.convert("RGB")
    plain.info = {}
    return plain


def on_white(picture: Image.Image) -> Image.Image:
    """Put a picture with transparency on white paper."""
    if picture.mode != "RGBA":
        return picture
    paper = Image.new("RGB", picture.size, "white")
    paper.paste(picture, mask=picture.getchannel("A"))
    return paper


def _shallow(picture: Image.Image) -> Image.Image:
    if picture.mode.startswith("I"):  # 16 bits: Pillow's own conversion cuts off instead of scaling
        return picture.convert("I").point(lambda value: value * _16_TO_8_BIT).convert("L")
    if picture.has_transparency_data:
        return picture.convert("RGBA")
    if picture.mode in {"1", "F"}:
        return picture.convert("L")
    return picture.convert("RGB") if picture.mode in {"P", "YCbCr", "HSV"} else picture


def _to_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    if profile and not is_srgb(profile):
        try:
            converted = ImageCms.profileToProfile(
                picture,
                ImageCms.ImageCmsProfile(io.BytesIO(profile)),
                ImageCms.createProfile("sRGB"),
                outputMode="RGBA" if picture.mode == "RGBA" else "RGB",
            )
        except (ImageCms.PyCMSError, OSError):  # not a profile for such a picture: as good as none
            converted = None
        if converted is not None:
            return converted
    return picture if picture.mode in PLAIN_MODES else picture.convert("RGB")
