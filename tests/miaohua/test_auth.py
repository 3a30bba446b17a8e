import jwt
import pytest
from jwt.warnings import InsecureKeyLengthWarning
from pydantic import SecretStr

from bot.miaohua.auth import Tokens, sign_token

LONG_KEY = "k" * 32


class Clock:
    def __init__(self) -> None:
        self.now = 1_700_000_000.7

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tokens(clock: Clock) -> Tokens:
    return Tokens(SecretStr("ak"), SecretStr(LONG_KEY), clock)


def test_a_token_is_what_the_vendor_asks_for() -> None:
    token = sign_token(access_key="ak", secret_key=LONG_KEY, now=1_700_000_000.7)
    assert jwt.get_unverified_header(token) == {"alg": "HS256", "typ": "JWT"}
    claims = jwt.decode(token, LONG_KEY, algorithms=["HS256"], options={"verify_exp": False})
    assert claims == {"iss": "ak", "exp": 1_700_001_800, "nbf": 1_699_999_995}


def test_a_short_key_signs_without_a_warning() -> None:
    token = sign_token(access_key="ak", secret_key="short", now=1_700_000_000)
    with pytest.warns(InsecureKeyLengthWarning):  # PyJWT itself would mind
        assert jwt.decode(token, "short", algorithms=["HS256"], options={"verify_exp": False})["iss"] == "ak"


def test_a_token_is_reused_until_shortly_before_its_end(tokens: Tokens, clock: Clock) -> None:
    first = tokens.current()
    clock.now += 1739
    assert tokens.current() == first
    clock.now += 1
    assert tokens.current() != first


def test_many_that_were_refused_the_same_token_share_one_new_one(tokens: Tokens, clock: Clock) -> None:
    refused = tokens.current()
    renewed = []
    for _ in range(20):
        clock.now += 1
        renewed.append(tokens.renew(refused))
    assert len(set(renewed)) == 1
    assert renewed[0] != refused
    assert tokens.current() == renewed[0]
