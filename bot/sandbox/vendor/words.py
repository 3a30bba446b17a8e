"""Words in a prompt that decide what becomes of a task: the sandbox's own conventions.

    nsfw, 色情        the order is refused with code 18
    half-hidden      the task succeeds, every second picture is Sensitive
    all-hidden       the task succeeds, every picture is Sensitive
    half-broken      the task succeeds, every second picture is EngineGenError
    must-fail        the task ends as FAILED
    never-ends       the task stays RUNNING

Only the prompt counts: to write `nsfw` into the negative prompt is good manners. Families without a prompt, and orders
whose prompt is to stay as it is, get such a word by a fault (`faults.py`).
"""

from typing import Literal

Outcome = Literal["RUNNING", "SUCCESS", "FAILED"]
Fate = Literal["half-hidden", "all-hidden", "half-broken", "must-fail", "never-ends"]

_REFUSED = ("nsfw", "色情")


def is_sensitive(prompt: str) -> bool:
    """Tell whether the order itself is refused."""
    return any(word in prompt.lower() for word in _REFUSED)


def outcome(prompt: str) -> Outcome:
    """Tell how the task ends; RUNNING: never."""
    words = prompt.lower()
    if "never-ends" in words:
        return "RUNNING"
    return "FAILED" if "must-fail" in words else "SUCCESS"


def picture_error(prompt: str, index: int) -> str:
    """Tell a picture's `error_code`; empty: it is well."""
    words = prompt.lower()
    if "must-fail" in words or ("half-broken" in words and index % 2):
        return "EngineGenError"
    if "all-hidden" in words or ("half-hidden" in words and index % 2):
        return "Sensitive"
    return ""
