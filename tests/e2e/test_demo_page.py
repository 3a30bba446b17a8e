"""`python -m bot demo` as somebody tries it: the whole bot in a real browser."""

import asyncio
import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Locator, Page, expect

from tests.e2e.studio import GUARDED, PATIENCE, environment
from tests.sandbox.page.conftest import visit

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), pytest.mark.asyncio(loop_scope="session")]

WITHIN = PATIENCE * 1000
CHINESE = re.compile("[\u4e00-\u9fff]")


@pytest_asyncio.fixture(loop_scope="session")
async def address(tmp_path: Path) -> AsyncIterator[str]:
    """The page's address, read from what the command prints; the process must end well when it is told to."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", GUARDED, "demo", "--no-browser",
        cwd=tmp_path,
        env=environment(),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        async with asyncio.timeout(PATIENCE):
            told = (await process.stdout.readline()).decode()
        found = re.search(r"http://\S+", told)
        assert found, told
        yield found[0]
        process.terminate()
        async with asyncio.timeout(PATIENCE):
            await process.communicate()
        assert process.returncode == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


async def test_pictures_buttons_languages_and_the_panel(tab: Page, address: str) -> None:
    async with visit(tab, address, []):
        # Each looks after the other while a picture is drawn: that takes the stand-in as long as it looks real.
        await become(tab, "Alice")
        await write(tab, "/imagine a red fox --n 2")
        await expect(tab.locator(".message.mine .reactions")).to_have_text("👀", timeout=WITHIN)

        await become(tab, "小明")
        await write(tab, "/imagine 雪地里的红狐狸")
        await expect(key(tab, "🔁")).to_have_text(CHINESE, timeout=WITHIN)
        await expect(tab.locator(".message").last).to_contain_text("雪地里的红狐狸", timeout=WITHIN)
        await expect(tab.locator(".photo img")).to_have_js_property("naturalWidth", 960, timeout=WITHIN)

        await become(tab, "Alice")
        await expect(tab.locator(".album .photo img")).to_have_count(2, timeout=WITHIN)
        await key(tab, "🔁 Again").click(timeout=WITHIN)

        await become(tab, "Bob")
        await write(tab, "/imagine")
        await expect(tab.locator(".message").last).to_contain_text("What shall I draw?", timeout=WITHIN)
        await write(tab, "an owl")
        await expect(tab.locator(".message").last).to_contain_text("an owl", timeout=WITHIN)
        await key(tab, "Generate").click(timeout=WITHIN)
        await expect(key(tab, "Vary")).to_be_visible(timeout=WITHIN)
        await expect(tab.locator(".photo img")).to_have_js_property("naturalWidth", 960, timeout=WITHIN)
        await expect(key(tab, "Generate")).to_have_count(0, timeout=WITHIN)

        await become(tab, "Alice")
        await expect(tab.locator(".album")).to_have_count(2, timeout=WITHIN)


async def become(page: Page, name: str) -> None:
    person = page.locator("#people").get_by_role("link", name=name)
    await person.click()
    await expect(person).to_have_attribute("aria-current", "true", timeout=WITHIN)


async def write(page: Page, text: str) -> None:
    await page.locator("#text").fill(text)
    await page.keyboard.press("Enter")


def key(page: Page, words: str) -> Locator:
    return page.locator(".key", has_text=words)
