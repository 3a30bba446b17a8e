import pytest

from bot.miaohua import errors

TABLE = [
    # code, class, worth repeating, concerns the operator
    (1, errors.Cancelled, False, False),
    (2, errors.Internal, True, False),
    (3, errors.InvalidArgument, False, False),
    (4, errors.TimedOut, True, False),
    (5, errors.NotFound, False, False),
    (6, errors.AlreadyExists, False, False),
    (7, errors.PermissionDenied, False, True),
    (8, errors.LimitExceeded, True, False),
    (9, errors.FailedPrecondition, False, False),
    (10, errors.Conflict, True, False),
    (11, errors.OutOfRange, False, False),
    (12, errors.Unimplemented, False, False),
    (13, errors.Internal, True, False),
    (14, errors.Internal, True, False),
    (15, errors.Internal, True, False),
    (16, errors.Unauthenticated, False, True),
    (18, errors.Sensitive, False, False),
    (409, errors.Busy, True, False),
    (429, errors.DailyLimit, False, True),
    (503, errors.Unavailable, True, False),
    (0, errors.UnknownCode, False, False),
    (17, errors.UnknownCode, False, False),
    (-1, errors.UnknownCode, False, False),
    (10**30, errors.UnknownCode, False, False),
]


@pytest.mark.parametrize(("code", "kind", "again", "operator"), TABLE)
def test_every_code_has_its_class_and_its_advice(
    code: int, kind: type[errors.ApiError], *, again: bool, operator: bool
) -> None:
    assert errors.kind_of(code) is kind
    assert kind.again is again
    assert kind.operator is operator


def test_a_request_that_never_left_may_be_repeated_and_one_without_an_answer_may_not() -> None:
    assert errors.NotSent.again
    assert not errors.Unanswered.again
    assert not errors.InvalidRequest.again


def test_the_tree_in_the_docstring_is_the_tree_in_the_code() -> None:
    drawn = errors.__doc__ or ""
    for kind in errors.ApiError.__subclasses__():
        line = next(line for line in drawn.splitlines() if f"── {kind.__name__} " in line)
        assert ", ".join(map(str, kind.codes)) in line
        assert ("again" in line, "operator" in line) == (kind.again, kind.operator)


@pytest.mark.parametrize(
    ("details", "found"),
    [
        ([], None),
        (["something"], None),
        (["something", "trace_id:c77c"], "c77c"),
        (["trace_id: c77c "], "c77c"),
        (["no trace_id:x"], None),
    ],
)
def test_the_trace_id_is_found_among_the_details(details: list[str], found: str | None) -> None:
    assert errors.Internal(13, http_status=500, details=details).trace_id == found


def test_an_error_says_for_the_log_what_the_vendor_said() -> None:
    error = errors.Sensitive(18, http_status=400, message="bad words")
    assert str(error) == "18 sensitive (HTTP 400): bad words"
