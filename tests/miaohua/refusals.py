"""What a request that is not allowed is answered with."""

import pytest

from bot.miaohua.errors import InvalidRequest
from bot.miaohua.requests import VendorRequest


def refusal(model: type[VendorRequest], **values: object) -> tuple[str, str]:
    """Build a request that must be refused, and return the field's path and what it allows."""
    with pytest.raises(InvalidRequest) as caught:
        model.build(**values)
    return caught.value.field, caught.value.allowed
