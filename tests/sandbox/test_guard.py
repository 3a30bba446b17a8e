"""The guard, which `tests/conftest.py` has put in place for every test."""

import asyncio
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from bot.sandbox.guard import NetworkForbidden, loopback_only

FAR = "192.0.2.1"  # of a block that is nobody's (RFC 5737)


@pytest.mark.parametrize("host", ["example.org", b"example.org", FAR, "2001:db8::1", "127.0.0.1.example.org"])
def test_names_of_other_machines_are_not_looked_up(host: str | bytes) -> None:
    with pytest.raises(NetworkForbidden, match="only loopback"):
        socket.getaddrinfo(host, 80)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.9.10", "::1", b"localhost", None])
def test_this_machine_is_looked_up(host: str | bytes | None) -> None:
    assert socket.getaddrinfo(host, 80)


@pytest.mark.parametrize(
    ("family", "address"),
    [(socket.AF_INET, (FAR, 80)), (socket.AF_INET, ("10.0.0.1", 80)), (socket.AF_INET6, ("2001:db8::1", 80, 0, 0))],
)
@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
def test_other_machines_are_not_connected_to(family: int, kind: int, address: tuple[str, int]) -> None:
    with socket.socket(family, kind) as ours:
        for reach in (ours.connect, ours.connect_ex):
            with pytest.raises(NetworkForbidden):
                reach(address)


def test_nothing_is_sent_to_other_machines() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ours:
        with pytest.raises(NetworkForbidden):
            ours.sendto(b"hello", (FAR, 53))
        with pytest.raises(NetworkForbidden):
            ours.sendto(b"hello", 0, (FAR, 53))


def test_this_machine_is_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.create_connection(listener.getsockname()) as ours:
        theirs, _ = listener.accept()
        with theirs:
            ours.sendall(b"hello")
            assert theirs.recv(5) == b"hello"


def test_unix_sockets_are_of_this_machine(tmp_path: Path) -> None:
    path = str(tmp_path / "socket")
    with socket.socket(socket.AF_UNIX) as listener, socket.socket(socket.AF_UNIX) as ours:
        listener.bind(path)
        listener.listen()
        ours.connect(path)


async def test_asyncio_is_held_back_too() -> None:
    with pytest.raises(NetworkForbidden):
        await asyncio.open_connection(FAR, 80)


async def test_an_http_client_is_held_back_loudly() -> None:
    async with httpx.AsyncClient(trust_env=False, verify=False) as http:  # noqa: S501  nothing is connected to
        with pytest.raises(NetworkForbidden):
            await http.get("http://example.org/")


def test_a_process_is_free_until_it_asks_for_the_guard() -> None:
    program = """
import socket
from bot.sandbox.guard import NetworkForbidden, loopback_only
ours = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
ours.connect(("127.0.0.1", 9))
loopback_only()
loopback_only()
ours.connect(("127.0.0.1", 9))
try:
    ours.connect(("192.0.2.1", 9))
except NetworkForbidden:
    print("held back")
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "held back\n"


def test_it_stays_in_place() -> None:
    loopback_only()
    with pytest.raises(NetworkForbidden):
        socket.getaddrinfo("example.org", 443)
