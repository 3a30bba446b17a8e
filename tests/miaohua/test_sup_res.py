from bot.miaohua.sup_res import SupResRequest

FULL = {
    "model_id": "super_resolution_v1",
    "img_url": "https://pictures.test/a.heif",
    "hd_ratio": 3.0,
    "format": "PNG",
    "watermark_config": {"type": "Default"},
}


def test_a_full_request_is_sent_as_it_is() -> None:
    assert SupResRequest.build(**FULL).payload() == FULL
