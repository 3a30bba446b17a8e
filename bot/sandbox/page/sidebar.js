/** Who I am, and my chats. Every row leads to a place. */

import { el } from "./dom.js";
import { brief, clock, face, languageName } from "./format.js";
import { placeHash } from "./place.js";
import { isGeneral } from "./store.js";
import { t } from "./words.js";

/** People to switch between; the count is what waits in their own chat with the bot. */
export function drawPeople(root, store, { me, chat, topic }) {
  refill(
    root,
    store.users.map((user) => {
      const mine = store.chats.find(({ user_id: owner }) => owner === user.id);
      const stays = chat.type !== "private" && chat.members.includes(user.id);
      return row({
        hash: stays ? placeHash(user.id, chat.id, topic) : placeHash(user.id),
        current: user.id === me.id,
        face: face(user.id, user.first_name),
        title: user.first_name,
        detail: [user.username && `@${user.username}`, user.language_code && languageName(user.language_code)].filter(Boolean).join(" · "),
        unread: mine && user.id !== me.id ? store.unreadOf(mine) : 0,
      });
    }),
  );
}

export function drawChats(root, store, { me, chat, topic }) {
  const rows = store.chatsOf(me.id).flatMap((each) => {
    const current = each.id === chat.id;
    return each.is_forum ? forumRows(store, me, each, current ? topic : null) : [chatRow(store, me, each, current)];
  });
  refill(root, rows);
}

/** Replace the rows; the focus stays on the one that leads to the same place. */
function refill(root, rows) {
  const focused = root.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  root.replaceChildren(...rows);
  rows.find((node) => focused && node.getAttribute("href") === focused)?.focus({ preventScroll: true });
}

function chatRow(store, me, chat, current) {
  return row({
    hash: placeHash(me.id, chat.id),
    current,
    face: chatFace(store, chat),
    title: chatTitle(store, chat),
    ...lastWords(store, chat, 0),
    unread: store.unread(chat.id, 0),
  });
}

function forumRows(store, me, chat, topic) {
  const head = el("div", { class: "row forum" }, chatFace(store, chat), el("span", { class: "row-words" }, el("strong", {}, chat.title), members(chat)));
  const topics = chat.topics.map((each) =>
    row({
      hash: placeHash(me.id, chat.id, each.id),
      current: topic === each.id,
      face: el("span", { class: "hash", "aria-hidden": "true" }, "#"),
      title: topicName(each),
      ...lastWords(store, chat, each.id),
      unread: store.unread(chat.id, each.id),
      kind: "topic",
    }),
  );
  return [head, ...topics];
}

function row({ hash, current, face: picture, title, detail = "", time = "", unread, kind = "" }) {
  return el(
    "a",
    { class: `row ${kind}`, href: hash, "aria-current": current ? "true" : null },
    picture,
    el("span", { class: "row-words" }, el("strong", {}, title), el("span", {}, detail)),
    el("span", { class: "row-side" }, el("small", {}, time), unread > 0 && el("b", { "aria-label": t("unread", { n: unread }) }, String(unread))),
  );
}

function lastWords(store, chat, topic) {
  const last = store.messages(chat, topic).at(-1);
  if (!last) return {};
  const said = brief(last);
  return { detail: chat.type === "private" ? said : t("says", { name: last.from.name, text: said }), time: clock(last.date) };
}

export const members = (chat) => el("span", {}, t("members", { n: chat.members.length }));
export const topicName = (topic) => topic.name ?? (isGeneral(topic) ? t("general") : "");
export const chatTitle = (store, chat) => (chat.type === "private" ? store.bot.first_name : chat.title);
export const chatFace = (store, chat) =>
  chat.type === "private" ? face(store.bot.id, store.bot.first_name, "robot") : face(chat.id, chat.title, "group");
