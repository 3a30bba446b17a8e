from collections.abc import Callable

import httpx
import jwt
import pytest

from bot.sandbox.vendor import auth
from bot.sandbox.vendor.errors import Refused

NOW = 1_700_000_000
AK, SK = "an-access-key", "a-secret-key-of-forty-characters-or-more!"
GOOD = {"iss": AK, "exp": NOW + 1800}


def check(header: str | None) -> None:
    auth.check(header, access_key=AK, secret_key=SK, now=NOW)


def bearer(claims: dict[str, object], key: str = SK, algorithm: str = "HS256") -> str:
    return f"Bearer {jwt.encode(claims, key, algorithm=algorithm)}"


@pytest.mark.parametrize(
    "claims",
    [
        GOOD,
        {**GOOD, "nbf": NOW - 5},
        {**GOOD, "nbf": NOW},
        {**GOOD, "exp": NOW + 1},
        {**GOOD, "exp": NOW + auth.LONGEST_SECONDS},
    ],
)
def test_valid_token_passes(claims: dict[str, object]) -> None:
    check(bearer(claims))


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": NOW + 1800},
        {"iss": AK},
        {**GOOD, "iss": "another-key"},
        {**GOOD, "exp": NOW},
        {**GOOD, "exp": NOW + auth.LONGEST_SECONDS + 1},
        {**GOOD, "exp": True},
        {**GOOD, "exp": NOW + 1800.5},
        {**GOOD, "nbf": NOW + 1},
        {**GOOD, "nbf": "soon"},
    ],
)
def test_bad_claims_are_refused_with_code_16(claims: dict[str, object]) -> None:
    with pytest.raises(Refused) as caught:
        check(bearer(claims))
    assert caught.value.code == 16


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Bearer no.jwt.here",
        bearer(GOOD).replace("Bearer", "Basic"),
        bearer(GOOD).removeprefix("Bearer "),
        bearer(GOOD, key="another-secret-key-of-forty-characters-or-more"),
        bearer(GOOD, algorithm="HS384", key=SK + SK),
        "Bearer " + jwt.encode(GOOD, "", algorithm="none"),
    ],
)
def test_bad_header_is_refused_with_code_16(header: str | None) -> None:
    with pytest.raises(Refused) as caught:
        check(header)
    assert caught.value.code == 16


CALLS = [
    ("GET", "/v1/imgenstd/models"),
    ("GET", "/v1/imgenstd/model_cn/cq71d1kq0d02r73hadf0"),
    ("POST", "/v1/imgenstd/imgen"),
    ("GET", "/v1/imgenstd/result/x"),
    ("GET", "/v1/imgenstd/results"),
]


@pytest.mark.parametrize(("method", "path"), CALLS)
async def test_every_call_asks_for_a_token(
    method: str, path: str, api: httpx.AsyncClient, sign: Callable[..., str]
) -> None:
    expired = {"authorization": f"Bearer {sign(NOW - 7200)}"}
    answer = await api.request(method, path, headers=expired)
    assert answer.status_code == 401
    error = answer.json()["error"]
    assert error["code"] == 16
    assert error["details"][0].startswith("trace_id:")


@pytest.mark.parametrize(("method", "path"), CALLS)
async def test_every_call_asks_for_the_content_type(method: str, path: str, api: httpx.AsyncClient) -> None:
    answer = await api.request(method, path, headers={"content-type": "text/plain"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, 3)
