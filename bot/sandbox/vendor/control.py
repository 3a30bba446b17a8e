"""The side that the vendor does not have: tests order faults here, and read what was sent."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.sandbox.vendor.errors import Refused, answer
from bot.sandbox.vendor.faults import Fault
from bot.sandbox.vendor.fields import read_body
from bot.sandbox.vendor.vendor import Vendor


def control_routes(vendor: Vendor) -> list[Route]:
    """Build /sandbox/faults, /sandbox/orders and /sandbox/requests."""

    async def faults(request: Request) -> Response:
        if request.method == "DELETE":
            vendor.faults.clear()
        elif request.method == "POST":
            try:
                vendor.faults.add(read_body(Fault, await request.body()))
            except Refused as refused:
                return answer(refused.code, refused.message)
        return JSONResponse(vendor.faults.waiting())

    async def orders(_request: Request) -> Response:
        return JSONResponse(
            [
                {
                    "task_id": task.id,
                    "family": task.family,
                    "operation": task.operation,
                    "body": task.body,
                    "time": task.accepted_at,
                }
                for task in vendor.tasks.all()
            ]
        )

    async def requests(_request: Request) -> Response:
        return JSONResponse({"counts": vendor.journal.counts, "last": list(vendor.journal.last)})

    return [
        Route("/sandbox/faults", faults, methods=["GET", "POST", "DELETE"]),
        Route("/sandbox/orders", orders),
        Route("/sandbox/requests", requests),
    ]
