"""The people side's paths."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Final, TypeVar

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.sandbox.telegram.faults import Fault
from bot.sandbox.telegram.people import inline, membership, speaking
from bot.sandbox.telegram.people.forms import read_said
from bot.sandbox.telegram.people.requests import (
    AdminChange,
    Asked,
    Block,
    Deletion,
    Edit,
    FaultPlan,
    InlineChoice,
    InlineTyping,
    MemberChange,
    Migration,
    NewGroup,
    NewUser,
    Press,
    Redelivery,
)
from bot.sandbox.telegram.refusals import Refused, bad_request
from bot.sandbox.telegram.state import Sandbox
from bot.sandbox.telegram.view import chat_view, message_view, state_view, user_view
from bot.sandbox.telegram.waiting import unless_gone

Answer = Callable[[Request], Awaitable[Response]]
A = TypeVar("A", bound=Asked)

_MAX_WAIT_SECONDS: Final = 50
_SHOWN: Final = frozenset({"image/jpeg", "image/png", "image/webp", "image/gif"})


def people_routes(sandbox: Sandbox) -> list[Route]:
    """Make the routes under /chat."""
    return [
        *(Route(f"/chat/{path}", _said(answer(sandbox)), methods=["GET"]) for path, answer in _READS.items()),
        *(Route(f"/chat/{path}", _said(act), methods=["POST"]) for path, act in _acts(sandbox).items()),
    ]


def _state(sandbox: Sandbox) -> Answer:
    async def answer(request: Request) -> Response:
        language = request.query_params.get("lang", "").partition("-")[0].lower()
        commands = sandbox.profile.shown_commands(language)
        return JSONResponse(state_view(sandbox.world) | {"commands": commands, "last_event": sandbox.events.last})

    return answer


def _events(sandbox: Sandbox) -> Answer:
    async def answer(request: Request) -> Response:
        after = int(_number(request, "after") or 0)
        seconds = min(_number(request, "timeout") or 0, _MAX_WAIT_SECONDS)
        events = await unless_gone(request, sandbox.events.after(after, seconds))
        return JSONResponse({"events": events or [], "last": sandbox.events.last})

    return answer


def _history(sandbox: Sandbox) -> Answer:
    async def answer(request: Request) -> Response:
        chat = sandbox.world.chats.get(int(_number(request, "chat_id") or 0))
        if chat is None:
            raise bad_request("chat not found")
        return JSONResponse({"messages": [message_view(message) for message in chat.messages.values()]})

    return answer


def _file(sandbox: Sandbox) -> Answer:
    async def answer(request: Request) -> Response:
        file_id = request.path_params["file_id"]
        file, body = sandbox.files.find(file_id), sandbox.files.read(file_id)
        if file is None or body is None:
            raise Refused(404, "Not Found")
        headers = {"Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}
        if file.mime_type not in _SHOWN:  # it must not run in the page's name
            headers["Content-Disposition"] = "attachment"
        return Response(body, media_type=file.mime_type, headers=headers)

    return answer


def _requests(sandbox: Sandbox) -> Answer:
    async def answer(_request: Request) -> Response:
        return JSONResponse(dict(sandbox.calls.counts))

    return answer


def _calls(sandbox: Sandbox) -> Answer:
    async def answer(request: Request) -> Response:
        return JSONResponse({"calls": sandbox.calls.last(int(_number(request, "last") or 100))})

    return answer


_READS: Final[dict[str, Callable[[Sandbox], Answer]]] = {
    "state": _state,
    "events": _events,
    "history": _history,
    "files/{file_id}": _file,
    "requests": _requests,
    "calls": _calls,
}


def _acts(sandbox: Sandbox) -> dict[str, Answer]:
    async def messages(request: Request) -> Response:
        said = await speaking.say(sandbox, await read_said(request))
        return JSONResponse({"messages": [message_view(message) for message in said]})

    def plan(wanted: FaultPlan) -> None:
        sandbox.faults.plan(Fault(**wanted.model_dump()))

    def redeliver(wanted: Redelivery) -> None:
        if not sandbox.updates.redeliver(wanted.update_id):
            raise bad_request("update not found")

    return {
        "messages": messages,
        "edits": _asked(Edit, lambda wanted: {"message": message_view(speaking.edit(sandbox, wanted))}),
        "presses": _asked(Press, lambda wanted: {"query_id": speaking.press(sandbox, wanted)}),
        "inline": _asked(InlineTyping, lambda wanted: {"query_id": inline.typed(sandbox, wanted)}),
        "choices": _asked(InlineChoice, lambda wanted: {"message": message_view(inline.choose(sandbox, wanted))}),
        "deletes": _asked(Deletion, partial(speaking.remove, sandbox)),
        "blocks": _asked(Block, partial(membership.block, sandbox)),
        "migrations": _asked(Migration, lambda wanted: {"new_chat_id": membership.migrate(sandbox, wanted)}),
        "admins": _asked(AdminChange, partial(membership.set_admin, sandbox)),
        "members": _asked(MemberChange, partial(membership.set_member, sandbox)),
        "users": _asked(NewUser, lambda wanted: user_view(membership.add_user(sandbox, wanted))),
        "groups": _asked(NewGroup, lambda wanted: chat_view(membership.add_group(sandbox, wanted))),
        "faults": _asked(FaultPlan, plan),
        "redeliver": _asked(Redelivery, redeliver),
    }


def _asked(model: type[A], act: Callable[[A], dict[str, Any] | None]) -> Answer:
    async def answer(request: Request) -> Response:
        return JSONResponse(act(model.model_validate_json(await request.body())) or {"ok": True})

    return answer


def _said(answer: Answer) -> Answer:
    """Tell what was wrong in one sentence."""

    async def safe(request: Request) -> Response:
        try:
            return await answer(request)
        except Refused as refused:
            return JSONResponse({"error": refused.description.removeprefix("Bad Request: ")}, refused.code)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            where = ".".join(str(part) for part in first["loc"])
            return JSONResponse({"error": f"{where}: {first['msg']}"}, 400)

    return safe


def _number(request: Request, name: str) -> float | None:
    value = request.query_params.get(name)
    try:
        return float(value) if value else None
    except ValueError:
        raise bad_request(f"{name} must be a number") from None
