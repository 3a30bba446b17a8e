"""The chat page in a real browser: what people do, and what they see of the bot."""

from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect

from tests.sandbox.page.conftest import ALICE, BOB, BOBS, FORUM, GROUP, PRIVATE, ChatServer, png

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), pytest.mark.asyncio(loop_scope="session")]

expect.set_options(timeout=20_000)


def messages(page: Page) -> Locator:
    return page.locator(".message")


async def write(page: Page, text: str) -> None:
    await page.locator("#text").fill(text)
    await page.keyboard.press("Enter")


async def choose_from_menu(page: Page, message: Locator, item: str) -> None:
    await message.click(button="right")
    await page.get_by_role("menuitem", name=item).click()


async def test_a_text_is_sent_and_the_bots_reply_appears(page: Page, chat: ChatServer) -> None:
    await write(page, "/imagine a fox")
    sent = await chat.received("messages")
    assert (sent["chat_id"], sent["user_id"], sent["text"], sent["as"]) == (
        str(PRIVATE),
        str(ALICE),
        "/imagine a fox",
        "user",
    )
    await expect(messages(page).last).to_contain_text("/imagine a fox")
    await expect(page.locator("#text")).to_have_value("")
    await chat.say(PRIVATE, "On its way.", reply_to_message_id=1)
    await expect(messages(page).last).to_contain_text("On its way.")
    await expect(messages(page).last.locator(".quote")).to_contain_text("/imagine a fox")
    await expect(page.locator("#announcer")).to_contain_text("Picture studio: On its way.")


async def test_shift_enter_makes_a_new_line(page: Page, chat: ChatServer) -> None:
    await page.locator("#text").fill("one")
    await page.keyboard.press("Shift+Enter")
    await page.keyboard.type("two")
    await page.keyboard.press("Enter")
    assert (await chat.received("messages"))["text"].replace("\r\n", "\n") == "one\ntwo"


async def test_html_in_a_users_text_is_shown_as_text(page: Page) -> None:
    text = "<img src=x onerror=alert(1)> <b>bold?</b> &amp;"
    await write(page, text)
    await expect(messages(page).last.locator(".text")).to_contain_text(text)
    await expect(messages(page).last.locator(".text img, .text b")).to_have_count(0)


async def test_markup_is_rebuilt_from_an_allow_list(page: Page, chat: ChatServer, complaints: list[str]) -> None:
    html = (
        '<b onclick="steal()">bold</b> <script>steal()</script><img src=x onerror="steal()"><style>*{}</style>'
        '<a href="javascript:steal()">bad</a> <a href="https://example.com/x">good</a> <marquee>plain</marquee>'
        '<span class="command">/help</span>'
    )
    await chat.say(PRIVATE, "rich", html=html)
    shown = messages(page).last.locator(".text")
    await expect(shown).to_contain_text("bold bad good plain/help")
    await expect(shown.locator("script, img, style, marquee, [onclick], [href^='javascript']")).to_have_count(0)
    link = shown.get_by_role("link", name="good")
    await expect(link).to_have_attribute("rel", "noopener noreferrer")
    await shown.get_by_role("button", name="/help").click()
    assert (await chat.received("messages"))["text"] == "/help"
    assert all("Content Security Policy" in complaint for complaint in complaints)  # the handlers, as they were parsed
    complaints.clear()


async def test_code_is_copied_by_a_click(page: Page, chat: ChatServer) -> None:
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await chat.say(PRIVATE, "/imagine a fox", html="<code>/imagine a fox</code>")
    await messages(page).last.locator("code").click()
    await expect(page.locator(".toast")).to_have_text("Copied")
    assert await page.evaluate("navigator.clipboard.readText()") == "/imagine a fox"


async def test_a_photo_opens_at_full_size_and_escape_closes_it(page: Page, chat: ChatServer) -> None:
    photo = chat.photo(640, 480)
    await chat.say(PRIVATE, photo=photo, caption="fox", caption_html="fox")
    await messages(page).last.get_by_role("button", name="fox").click()
    viewer = page.locator("#viewer")
    await expect(viewer.locator("img")).to_have_attribute("src", photo["url"])
    await expect(viewer.locator("figcaption")).to_have_text("fox")
    await page.keyboard.press("Escape")
    await expect(viewer).to_be_hidden()


async def test_an_album_is_one_mosaic_with_pages(page: Page, chat: ChatServer) -> None:
    for number in range(4):
        caption: dict[str, Any] = {"caption": "four", "caption_html": "four"} if number == 0 else {}
        await chat.say(PRIVATE, photo=chat.photo(160, 90), media_group_id="album", **caption)
    await expect(messages(page).locator(".album .photo")).to_have_count(4)
    await expect(messages(page)).to_have_count(1)
    await messages(page).locator(".photo").nth(2).click()
    caption_line = page.locator("#viewer figcaption")
    await expect(caption_line).to_have_text("3 / 4")
    await page.keyboard.press("ArrowRight")
    await expect(caption_line).to_have_text("4 / 4")


async def test_files_are_previewed_and_sent_as_an_album(page: Page, chat: ChatServer) -> None:
    pictures = [(f"{colour}.png", png(30, 20, colour)) for colour in ("red", "green", "blue")]
    files: Any = [{"name": name, "mimeType": "image/png", "buffer": content} for name, content in pictures]
    await page.locator("#files").set_input_files(files)
    await expect(page.locator(".preview")).to_have_count(3)
    await page.get_by_role("button", name="Remove green.png").click()
    await expect(page.locator(".preview")).to_have_count(2)
    await write(page, "/stylize")
    sent = await chat.received("messages")
    assert (sent["media"], sent["text"]) == ("photo", "/stylize")
    assert [(name, content) for name, content, _ in sent["files"]] == [pictures[0], pictures[2]]
    await expect(messages(page).locator(".album .photo")).to_have_count(2)
    await expect(page.locator("#tray")).to_be_hidden()


async def test_pictures_can_go_as_files(page: Page, chat: ChatServer) -> None:
    await page.locator("#files").set_input_files(
        {"name": "fox.png", "mimeType": "image/png", "buffer": png(30, 20)},
    )
    await page.get_by_role("button", name="As files").click()
    await page.get_by_role("button", name="Send", exact=True).click()
    assert (await chat.received("messages"))["media"] == "document"
    document = messages(page).last.locator(".document")
    await expect(document).to_contain_text("fox.png")
    await expect(document.get_by_role("link", name="Download")).to_have_attribute("download", "fox.png")


async def test_pasted_pictures_wait_in_the_composer(page: Page) -> None:
    await page.locator("#text").evaluate(
        """(text) => {
          const held = new DataTransfer();
          held.items.add(new File(["words"], "notes.txt", {type: "text/plain"}));
          text.dispatchEvent(new ClipboardEvent("paste", {clipboardData: held, bubbles: true, cancelable: true}));
        }"""
    )
    await expect(page.locator(".preview")).to_contain_text("notes.txt")
    await expect(page.locator(".modes")).to_have_count(0)  # words cannot go as a photo


async def test_a_press_is_posted_and_waits_for_the_edit(page: Page, chat: ChatServer) -> None:
    asked = await chat.say(PRIVATE, "Again?", keyboard=[[{"text": "Yes", "data": "again:1", "style": "success"}]])
    yes = page.get_by_role("button", name="Yes")
    await yes.click()
    pressed = await chat.received("presses")
    assert pressed == {"chat_id": PRIVATE, "user_id": ALICE, "message_id": asked["message_id"], "data": "again:1"}
    await expect(yes).to_have_attribute("aria-busy", "true")
    await chat.change(asked, text="Drawing.", html="Drawing.", keyboard=[[{"text": "Stop", "data": "stop:1"}]])
    await expect(messages(page).last).to_contain_text("Drawing.")
    await expect(messages(page).last).not_to_contain_text("edited")  # Telegram does not say it of bots either
    await expect(page.get_by_role("button", name="Stop")).to_have_attribute("aria-busy", "false")
    await expect(page.get_by_role("button", name="Stop")).to_be_focused()


async def test_answers_are_shown_to_the_one_who_pressed(page: Page, chat: ChatServer) -> None:
    await chat.say(PRIVATE, "Save?", keyboard=[[{"text": "Save", "data": "save"}]])
    save = page.get_by_role("button", name="Save")
    await save.click()
    await chat.received("presses")
    await chat.happen("answer", PRIVATE, query_id="other", user_id=BOB, text="For Bob", show_alert=False)
    await chat.happen("answer", PRIVATE, query_id="query1", user_id=ALICE, text="Saved", show_alert=False)
    await expect(page.locator(".toast")).to_have_text("Saved")
    await expect(save).to_have_attribute("aria-busy", "false")
    await chat.happen("answer", PRIVATE, query_id="query2", user_id=ALICE, text="Spent", show_alert=True)
    alert = page.get_by_role("alertdialog")
    await expect(alert).to_contain_text("Spent")
    await page.get_by_role("button", name="OK").click()
    await expect(alert).to_be_hidden()


async def test_a_reply_names_its_message(page: Page, chat: ChatServer) -> None:
    said = await chat.say(PRIVATE, "Here it is.")
    await choose_from_menu(page, messages(page).last, "Reply")
    await expect(page.locator("#answering")).to_contain_text("Reply to Picture studio")
    await write(page, "Thanks")
    assert (await chat.received("messages"))["reply_to"] == str(said["message_id"])
    await expect(page.locator("#answering")).to_be_hidden()
    await messages(page).last.locator(".quote").click()
    await expect(messages(page).first).to_be_focused()


async def test_a_forced_reply_puts_the_composer_into_reply_mode(page: Page, chat: ChatServer) -> None:
    asked = await chat.say(PRIVATE, "What shall I draw?", force_reply=True, input_placeholder="a fox in the snow")
    await expect(page.locator("#text")).to_have_attribute("placeholder", "a fox in the snow")
    await write(page, "an owl")
    assert (await chat.received("messages"))["reply_to"] == str(asked["message_id"])


async def test_own_texts_can_be_edited(page: Page, chat: ChatServer) -> None:
    await write(page, "a fxo")
    await expect(messages(page)).to_have_count(1)
    await page.keyboard.press("ArrowUp")
    await expect(page.locator("#text")).to_have_value("a fxo")
    await write(page, "a fox")
    edited = await chat.received("edits")
    assert edited == {"chat_id": PRIVATE, "user_id": ALICE, "message_id": 1, "text": "a fox"}
    await expect(messages(page).last).to_contain_text("a fox")
    await expect(messages(page).last).to_contain_text("edited")


async def test_deleted_messages_vanish(page: Page, chat: ChatServer) -> None:
    first = await chat.say(PRIVATE, "first")
    await chat.say(PRIVATE, "second")
    await expect(messages(page)).to_have_count(2)
    await chat.delete(PRIVATE, [first["message_id"]])
    await expect(messages(page)).to_have_count(1)
    await choose_from_menu(page, messages(page).last, "Delete")
    assert (await chat.received("deletes"))["message_ids"] == [2]
    await expect(messages(page)).to_have_count(0)
    await expect(page.get_by_role("button", name="Start")).to_be_visible()


async def test_switching_the_person_changes_chats_and_sender(page: Page, chat: ChatServer) -> None:
    await chat.say(BOBS, "Only for you")
    bob = page.locator("#people").get_by_role("link", name="小明")
    await expect(bob.get_by_label("1 unread")).to_be_visible()
    await bob.click()
    await expect(messages(page).last).to_contain_text("Only for you")
    await write(page, "谢谢")
    sent = await chat.received("messages")
    assert (sent["chat_id"], sent["user_id"]) == (str(BOBS), str(BOB))


async def test_a_group_shows_who_speaks(page: Page, chat: ChatServer) -> None:
    await page.locator("#chats").get_by_role("link", name="Picture friends").click()
    await chat.say(GROUP, "你好", BOB)
    await expect(messages(page).last.locator(".sender")).to_have_text("小明")
    await expect(page.locator("#send-as")).to_be_hidden()


async def test_an_admin_of_a_supergroup_can_be_anonymous(page: Page, chat: ChatServer) -> None:
    await page.locator("#chats").get_by_role("link", name="General").click()
    await page.get_by_role("button", name="Speaking as Alice").click()
    await write(page, "Rules!")
    assert (await chat.received("messages"))["as"] == "group"
    await expect(messages(page).last.locator(".sender")).to_have_text("Picture forum")


async def test_a_chat_that_is_founded_meanwhile_comes_into_the_list(page: Page, chat: ChatServer) -> None:
    chat.chats.append({"id": -400, "type": "group", "title": "Brand new", "is_forum": False, "topics": []})
    await chat.happen("chat", -400)
    await expect(page.locator("#chats").get_by_role("link", name="Brand new")).to_be_visible()


async def test_topics_are_kept_apart(page: Page, chat: ChatServer) -> None:
    await chat.say(FORUM, "in portraits", thread_id=6)
    await page.locator("#chats").get_by_role("link", name="Landscapes").click()
    await expect(page.get_by_role("heading", name="Landscapes")).to_be_visible()
    await expect(messages(page)).to_have_count(0)
    await write(page, "a valley")
    assert (await chat.received("messages"))["thread_id"] == "5"
    await page.locator("#chats").get_by_role("link", name="General").click()
    await write(page, "to all")
    assert "thread_id" not in await chat.received("messages", 2)


async def test_the_command_list_narrows_and_completes(page: Page) -> None:
    text = page.locator("#text")
    await text.focus()
    await page.keyboard.type("/")
    options = page.get_by_role("option")
    await expect(options).to_have_count(3)
    await page.keyboard.type("i")
    await expect(options).to_have_count(2)
    await page.keyboard.press("ArrowDown")
    await expect(page.get_by_role("option", selected=True)).to_contain_text("Change a part")
    await page.keyboard.press("Tab")
    await expect(text).to_have_value("/inpaint ")
    await expect(options).to_have_count(0)


async def test_the_page_speaks_both_languages(page: Page) -> None:
    await page.get_by_role("button", name="简体中文").click()
    await expect(page.get_by_role("heading", name="我的身份")).to_be_visible()
    await page.locator("#text").focus()
    await page.keyboard.type("/he")
    await expect(page.get_by_role("option")).to_contain_text("使用帮助")


async def test_what_the_bot_is_doing_shows_until_its_message(page: Page, chat: ChatServer) -> None:
    await chat.happen("action", PRIVATE, action="upload_photo")
    line = page.locator("#action")
    await expect(line).to_have_class("action shown")
    await expect(line).to_have_text("Picture studio is sending a photo")
    await chat.say(PRIVATE, "Here.")
    await expect(line).to_have_class("action")


async def test_reactions_are_shown(page: Page, chat: ChatServer) -> None:
    await write(page, "/imagine a fox")
    await chat.received("messages")
    await chat.happen("reaction", PRIVATE, message_id=1, reactions=["👀"])
    await expect(messages(page).last.locator(".reactions")).to_have_text("👀")


async def test_what_was_refused_comes_back_into_the_composer(
    page: Page, chat: ChatServer, complaints: list[str]
) -> None:
    chat.refusal = "too long"
    await write(page, "words")
    await expect(page.locator(".toast")).to_have_text("Not sent: too long")
    await expect(page.locator("#text")).to_have_value("words")
    assert ["400" in complaint for complaint in complaints] == [True]
    complaints.clear()


async def test_a_reader_further_up_is_told_of_new_messages(page: Page, chat: ChatServer) -> None:
    for number in range(30):
        await chat.say(PRIVATE, f"line {number}")
    await expect(messages(page)).to_have_count(30)
    newer = page.locator("#newer")
    await expect(newer).to_be_hidden()
    await page.locator("#timeline").evaluate("(timeline) => timeline.scrollTo(0, 0)")
    await expect(newer).to_be_visible()
    await chat.say(PRIVATE, "the newest")
    await expect(newer).to_have_text("1 new")
    await newer.click()
    await expect(messages(page).last).to_be_in_viewport()
    await expect(newer).to_be_hidden()


async def test_a_lost_server_is_told_of_and_found_again(page: Page, chat: ChatServer, complaints: list[str]) -> None:
    await page.context.set_offline(offline=True)
    await chat.say(PRIVATE, "said meanwhile")  # ends the waiting poll; the next cannot be made
    line = page.locator("#connection")
    await expect(line).to_contain_text("Connection lost")
    await page.context.set_offline(offline=False)
    await expect(messages(page).last).to_contain_text("said meanwhile")
    await expect(line).to_be_hidden()
    assert all("ERR_INTERNET_DISCONNECTED" in complaint for complaint in complaints)
    complaints.clear()


async def test_dropped_files_are_attached(page: Page) -> None:
    for kind in ("dragover", "drop"):
        await page.locator(".view").evaluate(
            """(view, kind) => {
              const dataTransfer = new DataTransfer();
              dataTransfer.items.add(new File(["{}"], "lora.json", {type: "application/json"}));
              view.dispatchEvent(new DragEvent(kind, {dataTransfer, bubbles: true, cancelable: true}));
            }""",
            kind,
        )
    await expect(page.locator(".preview")).to_contain_text("lora.json")
    await expect(page.locator("#drop")).to_be_hidden()


async def test_on_a_phone_one_pane_shows_at_a_time(page: Page) -> None:
    size = page.viewport_size
    assert size is not None
    try:
        await page.set_viewport_size({"width": 390, "height": 844})
        await expect(page.locator(".sidebar")).to_be_hidden()
        await page.get_by_role("link", name="Back to the chats").click()
        await expect(page.locator(".chat")).to_be_hidden()
        await page.locator("#chats").get_by_role("link", name="Picture friends").click()
        await expect(page.get_by_role("heading", name="Picture friends")).to_be_visible()
        assert await page.evaluate("document.documentElement.scrollWidth") == 390
    finally:
        await page.set_viewport_size(size)
