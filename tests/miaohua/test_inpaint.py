import pytest

from bot.miaohua.inpaint import InpaintRequest
from tests.miaohua.refusals import refusal

PLAIN = {
    "model_id": "inpaint_v0.1",
    "img_url": "https://pictures.test/a.jpg",
    "mask_img_url": "https://pictures.test/mask.png",
    "prompt": "苹果",
}
FULL = {
    **PLAIN,
    "samples": 4,
    "format": "PNG",
    "force_translation": True,
    "add_prompt": True,
    "neg_prompt": "blur",
    "repaint_strength": 0.7,
    "cfg_scale": 12.0,
    "seed": 5,
    "steps": 45,
    "watermark_config": {"type": "MakaLogo"},
}


def test_a_full_request_is_sent_as_it_is() -> None:
    assert InpaintRequest.build(**FULL).payload() == FULL


@pytest.mark.parametrize(
    ("change", "field", "allowed"),
    [
        ({"prompt": " \n"}, "prompt", "1–2000"),
        ({"prompt": "x" * 2001}, "prompt", "≤ 2000"),
        ({"prompt": "汉" * 1000 + "x"}, "prompt", "≤ 2000"),
        ({"neg_prompt": "汉" * 1001}, "neg_prompt", "≤ 2000"),
        ({"force_translation": 1}, "force_translation", "true, false"),
        ({"add_prompt": "yes"}, "add_prompt", "true, false"),
    ],
)
def test_a_wrong_value_names_its_field_and_what_is_allowed(change: dict[str, object], field: str, allowed: str) -> None:
    assert refusal(InpaintRequest, **{**PLAIN, **change}) == (field, allowed)


@pytest.mark.parametrize("prompt", ["x" * 2000, "汉" * 1000])
def test_a_prompt_may_be_as_long_as_the_vendor_says(prompt: str) -> None:
    said = {**PLAIN, "prompt": prompt, "neg_prompt": prompt}
    assert InpaintRequest.build(**said).payload() == said
