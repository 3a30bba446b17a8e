"""Keep the demo and the tests on this machine: anything that tries to reach further fails loudly."""

import ipaddress
import sys
from functools import cache
from typing import Any


class NetworkForbidden(RuntimeError):
    """Something tried to leave the machine."""


@cache
def loopback_only() -> None:
    """Forbid, for the rest of this process, connections to and look-ups of anything but loopback.

    An audit hook sees every socket of the interpreter, whichever library opens it; it cannot be taken back.
    """
    sys.addaudithook(_check)


def _check(event: str, arguments: tuple[Any, ...]) -> None:
    if event in {"socket.connect", "socket.sendto", "socket.sendmsg"}:
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) else None  # a Unix socket's address is a path
    elif event in {"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"}:
        host = arguments[0]
    else:
        return
    if host is not None and not _is_loopback(host):
        raise NetworkForbidden(f"only loopback may be reached here, not {host!r}")


def _is_loopback(host: str | bytes) -> bool:
    name = host.decode() if isinstance(host, bytes) else host
    if name in {"", "localhost"}:
        return True
    try:
        return ipaddress.ip_address(name.partition("%")[0]).is_loopback
    except ValueError:
        return False
