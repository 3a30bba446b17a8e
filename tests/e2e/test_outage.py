"""The image service is down for a while: nothing is lost, and nobody has to ask again."""

import asyncio

import httpx
import pytest

from bot.sandbox.telegram.people.shown import ChatMessage
from tests.e2e.studio import PATIENCE, Studio, has_result

DOWN = "out of order"
PEOPLE = ("Alice", "Bob", "小明")


@pytest.mark.parametrize("fault", [{"code": 503}, {"status": 503}])
async def test_requests_are_kept_told_of_once_and_go_on_by_themselves(studio: Studio, fault: dict[str, int]) -> None:
    await studio.fault(on="imgen", times=100_000, **fault)
    for person in PEOPLE[:2]:
        await studio.say(person, "/imagine a fox in the snow")
    for person in PEOPLE[:2]:
        await studio.answer(person, lambda message: DOWN in message.text)
    await _until_logged(studio, '"event": "vendor_down"')
    assert "bot_vendor_down 1.0" in await _metrics(studio)
    await studio.say(PEOPLE[2], "/imagine a fox in the rain")  # made meanwhile
    await studio.answer(PEOPLE[2], lambda message: message.text.startswith("⏳"))
    assert [len(await _said(studio, person)) for person in PEOPLE] == [1, 1, 1]
    assert studio.orders() == []
    async with httpx.AsyncClient() as http:
        (await http.delete(f"{studio.vendor_address}/sandbox/faults")).raise_for_status()
    for person in PEOPLE:
        await studio.answer(person, has_result)
    assert len(studio.orders()) == len(PEOPLE)
    assert "bot_vendor_down 0.0" in await _metrics(studio)
    async with asyncio.timeout(PATIENCE):
        while any([len(await _said(studio, person)) > 1 for person in PEOPLE]):
            await studio.chat.events(0.2)  # the status messages go


async def _said(studio: Studio, person: str) -> list[ChatMessage]:
    history = await studio.chat.history(studio.state.chat(person).id)
    return [message for message in history if message.sender.is_bot]


async def _metrics(studio: Studio) -> str:
    async with httpx.AsyncClient() as http:
        return (await http.get(f"{studio.bot.settings['PUBLIC_URL']}/metrics")).text


async def _until_logged(studio: Studio, words: str) -> None:
    async with asyncio.timeout(PATIENCE):
        while not any(words in line for line in studio.bot.log):
            await studio.chat.events(0.2)  # until something happens
