import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.miaohua import errors
from bot.miaohua.codec import decode

SENT = "Wed, 21 Oct 2026 07:28:00 GMT"


def refusal(code: object, **more: object) -> bytes:
    return json.dumps({"error": {"code": code, "message": "no", "details": [], **more}}).encode()


def test_an_answer_is_its_json_object() -> None:
    assert decode(200, {}, '{"task_id": "一"}'.encode()) == {"task_id": "一"}
    assert decode(201, {}, b"{}") == {}


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"null", b'"text"', b"7", b"\xff\xfe\xfd", b"[" * 100_000])
def test_a_success_that_is_no_json_object_leaves_open_what_happened(body: bytes) -> None:
    with pytest.raises(errors.Unanswered) as caught:
        decode(200, {}, body)
    assert caught.value.http_status == 200


CODES = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 18, 409, 429, 503, 17, -4]


@pytest.mark.parametrize("status", [200, 400, 401, 404, 429, 500, 502, 504])
@pytest.mark.parametrize("code", CODES)
def test_the_code_in_the_body_wins_over_the_status(code: int, status: int) -> None:
    with pytest.raises(errors.ApiError) as caught:
        decode(status, {"retry-after": "7"}, refusal(code, details=["trace_id:abc", 5]))
    error = caught.value
    assert type(error) is errors.kind_of(code)
    assert (error.code, error.http_status, error.message) == (code, status, "no")
    assert error.details == ("trace_id:abc", "5")
    assert error.trace_id == "abc"
    assert error.retry_after == 7


def test_a_code_may_be_written_as_text() -> None:
    with pytest.raises(errors.Sensitive):
        decode(400, {}, refusal("18"))


@pytest.mark.parametrize("code", [None, True, 3.5, "three", "", [], "9" * 5000])
def test_without_a_readable_code_the_status_speaks(code: object) -> None:
    with pytest.raises(errors.NotFound):
        decode(404, {}, refusal(code))


@pytest.mark.parametrize("error", [None, {}, {"code": 0, "message": "", "details": []}])
def test_an_empty_error_beside_a_result_is_no_error(error: object) -> None:
    assert decode(200, {}, json.dumps({"error": error, "task_id": "a"}).encode())["task_id"] == "a"


@pytest.mark.parametrize(
    "error", [{"code": 3}, {"code": 3, "message": None, "details": None}, {"code": 3, "details": "x"}]
)
def test_a_meagre_error_is_still_that_error(error: dict[str, Any]) -> None:
    with pytest.raises(errors.InvalidArgument) as caught:
        decode(400, {}, json.dumps({"error": error}).encode())
    assert (caught.value.message, caught.value.details) == ("", ())


def test_a_flood_of_words_is_cut_for_the_log() -> None:
    with pytest.raises(errors.Internal) as caught:
        decode(500, {}, refusal(13, message="x" * 10_000, details=["y" * 10_000] * 1000))
    assert len(caught.value.message) == 500
    assert len(caught.value.details) == 20
    assert len(caught.value.details[0]) == 500


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, errors.InvalidArgument),
        (401, errors.Unauthenticated),
        (403, errors.PermissionDenied),
        (404, errors.NotFound),
        (405, errors.Unimplemented),
        (408, errors.TimedOut),
        (409, errors.Conflict),
        (410, errors.NotFound),
        (413, errors.InvalidArgument),
        (418, errors.InvalidArgument),
        (422, errors.InvalidArgument),
        (429, errors.LimitExceeded),
        (499, errors.Cancelled),
        (501, errors.Unimplemented),
        (503, errors.Unavailable),
    ],
)
@pytest.mark.parametrize("body", [b"", b"<html>gateway</html>", b'{"message": "x"}', b'{"error": "x"}'])
def test_a_status_that_can_only_be_a_refusal_is_one(status: int, kind: type[errors.ApiError], body: bytes) -> None:
    with pytest.raises(errors.ApiError) as caught:
        decode(status, {"retry-after": "12"}, body)
    assert type(caught.value) is kind
    assert caught.value.code in kind.codes
    assert caught.value.http_status == status
    assert caught.value.retry_after == 12


@pytest.mark.parametrize("status", [100, 301, 302, 500, 502, 504, 507, 520, 524, 599])
def test_a_status_that_may_hide_a_made_task_is_not_a_refusal(status: int) -> None:
    with pytest.raises(errors.Unanswered) as caught:
        decode(status, {"retry-after": "3"}, b"<html>bad gateway</html>")
    assert caught.value.http_status == status
    assert caught.value.retry_after == 3


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "0"}, 0),
        ({"retry-after": " 30 "}, 30),
        ({"retry-after": "9" * 6000}, 86_400),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "1.5"}, None),
        ({"retry-after": "²"}, None),
        ({"retry-after": "Wed, 21 Oct 2026 07:30:00 GMT"}, None),  # nothing to measure it from
        ({"retry-after": "Wed, 21 Oct 2026 07:30:00 GMT", "date": SENT}, 120),
        ({"retry-after": "Wed, 21 Oct 2026 07:00:00 GMT", "date": SENT}, 0),
        ({"retry-after": "Wed, 21 Oct 2099 07:00:00 GMT", "date": SENT}, 86_400),
        ({"retry-after": "Wed, 21 Oct 2026 07:30:00 -0000", "date": SENT}, None),
    ],
)
def test_retry_after_is_read_in_both_its_forms(headers: dict[str, str], seconds: float | None) -> None:
    with pytest.raises(errors.Unavailable) as caught:
        decode(503, headers, b"")
    assert caught.value.retry_after == seconds


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
_ERROR = st.fixed_dictionaries({"error": st.fixed_dictionaries({}, optional={
    "code": _JSON | st.integers(-1, 600), "message": _JSON, "details": _JSON,
})})  # fmt: skip
_BODY = st.binary() | (_JSON | _ERROR).map(lambda value: json.dumps(value).encode())
_HEADERS = st.dictionaries(st.sampled_from(["retry-after", "date"]), st.text(max_size=30) | st.just(SENT))


@settings(deadline=None)
@given(status=st.integers(100, 599), headers=_HEADERS, body=_BODY)
def test_whatever_comes_back_is_an_object_or_one_of_our_errors(
    status: int, headers: dict[str, str], body: bytes
) -> None:
    wait: float | None = None
    try:
        answer = decode(status, headers, body)
    except errors.MiaohuaError as error:
        wait = error.retry_after
    else:
        assert isinstance(answer, dict)
        assert 200 <= status < 300
    assert wait is None or 0 <= wait <= 86_400
