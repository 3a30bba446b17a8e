"""The vendor's error answers (the vendor's document, section 十一).

The document does not say with which HTTP status a code comes; these are the usual ones.
"""

import uuid

from starlette.responses import JSONResponse

INVALID = 3
NOT_FOUND = 5
LIMIT = 8
UNIMPLEMENTED = 12
INTERNAL = 13
UNAUTHENTICATED = 16
SENSITIVE = 18

# code: (HTTP status, message where nothing better is known)
_USUAL = {
    1: (499, "cancelled"),
    2: (500, "unknown error"),
    3: (400, "invalid argument"),
    4: (504, "deadline exceeded"),
    5: (404, "not found"),
    6: (409, "already exists"),
    7: (403, "permission denied"),
    8: (429, "resource exhausted"),
    9: (400, "failed precondition"),
    10: (409, "aborted"),
    11: (400, "out of range"),
    12: (501, "unimplemented"),
    13: (500, "internal error"),
    14: (500, "internal error"),
    15: (500, "internal error"),
    16: (401, "unauthenticated"),
    18: (400, "触发敏感词"),
    409: (409, "上一个任务正在处理,请等待"),
    429: (429, "已达到每日使用上限,请尝试申请API调用"),
    503: (503, "超时或服务异常"),
}


class Refused(Exception):
    """A request that the vendor answers with an error."""

    def __init__(self, code: int, message: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def answer(code: int, message: str = "") -> JSONResponse:
    """Build the error answer for a code; a code outside the vendor's table comes with status 500."""
    status, usual = _USUAL.get(code, (500, "unknown error"))
    details = [f"trace_id:{uuid.uuid4().hex}"]
    return JSONResponse({"error": {"code": code, "message": message or usual, "details": details}}, status)
