/** One entry of the timeline: a day, or a message (an album counts as one) as a bubble with its keyboard. */

import { el, icon } from "./dom.js";
import { brief, clock, dayName, face, fullTime } from "./format.js";
import { keyboard } from "./keyboard.js";
import { documentRow, photos } from "./media.js";
import { safeHtml } from "./safe-html.js";
import { t } from "./words.js";

/**
 * Draw an entry. `scene` says how: `me`, `isGroup`, `isMine(message)`, `quoted(message)`, and what clicks do:
 * `onCommand(word)`, `jump(id)`, `view(messages, index)`, `press(message, data)`.
 */
export function entryNode(entry, scene) {
  return entry.day ? el("p", { class: "day" }, el("span", {}, dayName(entry.day))) : messageNode(entry, scene);
}

function messageNode({ messages, first, last }, scene) {
  const head = messages[0];
  const classes = ["message", scene.isMine(head) && "mine", first && "first", last && "last"].filter(Boolean);
  return el(
    "article",
    { class: classes.join(" "), "data-id": head.message_id, tabindex: "-1", "aria-label": `${head.from.name}, ${clock(head.date)}` },
    scene.isGroup && !scene.isMine(head) && el("div", { class: "beside" }, last && face(head.from.id, head.from.name, head.from.is_bot ? "robot" : "")),
    el("div", { class: "stack" }, bubble(messages, first, scene), keyboard(messages.at(-1), scene.press)),
    el("button", { type: "button", class: "more icon-button", tabindex: "-1", "aria-label": t("more"), "aria-haspopup": "menu" }, icon("more")),
  );
}

function bubble(messages, first, scene) {
  const head = messages[0];
  const pictures = messages.filter(({ photo }) => photo);
  const files = messages.filter((message) => message.document);
  const words = wordsOf(messages, scene);
  const reacted = reactions(messages);
  const meta = metaOf(messages);
  const bare = pictures.length && !words && !files.length;
  if (words && !reacted) words.append(meta);
  const foot = reacted || !words ? el("div", { class: bare && !reacted ? "foot over" : "foot" }, reacted, meta) : null;
  const classes = ["bubble", pictures.length && "with-photo", bare && "bare"].filter(Boolean);
  return el(
    "div",
    { class: classes.join(" ") },
    scene.isGroup && first && !scene.isMine(head) && el("div", { class: `sender hue-${Math.abs(head.from.id) % 6}` }, head.from.name),
    head.reply_to_message_id && quote(head, scene),
    pictures.length > 0 && photos(pictures, (index) => scene.view(pictures, index)),
    files.map((message) => documentRow(message, () => scene.view([message], 0))),
    words,
    foot,
  );
}

/** The text; or of an album the one caption that stands for all. */
function wordsOf(messages, { onCommand }) {
  const message = messages.find(({ html, caption_html: caption }) => html || caption);
  if (!message) return null;
  return el("div", { class: "text", dir: "auto" }, safeHtml(message.html || message.caption_html, onCommand));
}

function metaOf(messages) {
  const { date, from } = messages[0];
  const edited = !from.is_bot && messages.some((message) => message.edited); // Telegram does not say it of bots either
  const time = el("time", { datetime: new Date(date * 1000).toISOString(), title: fullTime(date) }, clock(date));
  return el("span", { class: "meta" }, edited && el("span", {}, t("edited")), time);
}

function reactions(messages) {
  const given = messages.flatMap((message) => message.reactions ?? []);
  return given.length ? el("span", { class: "reactions" }, given.map((emoji) => el("span", {}, emoji))) : null;
}

function quote(message, { quoted, jump }) {
  const original = quoted(message);
  if (!original) return el("div", { class: "quote gone" }, t("gone"));
  return el(
    "button",
    { type: "button", class: `quote hue-${Math.abs(original.from.id) % 6}`, onclick: () => jump(original.message_id) },
    original.photo && el("img", { src: original.photo.url, alt: "" }),
    el("span", {}, el("strong", {}, original.from.name), el("span", {}, brief(original))),
  );
}
