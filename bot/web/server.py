"""Serve an ASGI application inside the running event loop."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from starlette.types import ASGIApp

STOP_SECONDS = 5  # for answers under way at the end; what still runs then is cancelled
_ABORT_SECONDS = 1
_MAX_CONNECTIONS = 1000
_KEEP_ALIVE_SECONDS = 75  # longer than a usual proxy's 60, so that it is never we who close under its next request


@asynccontextmanager
async def serve(app: ASGIApp, host: str, port: int, *, stop_seconds: int = STOP_SECONDS) -> AsyncIterator[str]:
    """Listen until the context ends; yield the address to reach it at, such as "http://127.0.0.1:43211".

    Port 0 takes a free one. Raises `OSError` where the port is taken or the host is not of this machine.
    Signals stay the caller's.
    """
    with await _bind(host, port) as listener:
        server = uvicorn.Server(_config(app, stop_seconds))
        # Server.serve() would take over SIGINT and SIGTERM and raise them again at its end: its parts do not.
        server.config.load()
        server.lifespan = server.config.lifespan_class(server.config)
        await server.startup(sockets=[listener])
        ticking = asyncio.create_task(server.main_loop(), name="web server")
        try:
            yield _address(listener)
        finally:
            ticking.cancel()
            await asyncio.wait([ticking])
            await _stop(server, listener)


def _config(app: ASGIApp, stop_seconds: int) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http="httptools",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        limit_concurrency=_MAX_CONNECTIONS,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=stop_seconds,
    )


async def _bind(host: str, port: int) -> socket.socket:
    found = await asyncio.get_running_loop().getaddrinfo(
        host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP, flags=socket.AI_PASSIVE
    )
    family, kind, proto, _, address = found[0]
    listener = socket.socket(family, kind, proto)  # with its protocol, or asyncio leaves Nagle's algorithm on
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError as error:
        listener.close()
        raise OSError(error.errno, f"cannot listen on {host} port {port}: {error.strerror}") from error
    return listener


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    reachable = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  names the wildcard, binds nothing
    return f"http://[{reachable}]:{port}" if ":" in reachable else f"http://{reachable}:{port}"


async def _stop(server: uvicorn.Server, listener: socket.socket) -> None:
    await server.shutdown(sockets=[listener])
    state = server.server_state
    if state.tasks:  # cancelled by shutdown(), which does not wait for their end
        await asyncio.wait(state.tasks, timeout=_ABORT_SECONDS)
    for connection in list(state.connections):
        connection.transport.abort()
    await asyncio.sleep(0)  # in which the aborted sockets close
