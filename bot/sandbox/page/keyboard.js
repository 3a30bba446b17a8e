/** Inline keyboards, and the presses that wait for their answer. */

import * as api from "./api.js";
import { copyText, el, icon, link } from "./dom.js";
import { failure, toast } from "./notices.js";
import { t } from "./words.js";

const PATIENCE = 30_000;
const STYLES = new Set(["primary", "success", "danger"]);
const REMEMBERED = 100;

/** Presses on their way: a button shows it is busy until the answer, a change of the message, or half a minute. */
export class Presses {
  #waiting = new Map(); // "chat/message/data" -> query id, or null until the server gave one
  #answered = []; // an answer may overtake the reply that names its query

  constructor(changed) {
    this.changed = changed;
  }

  isBusy = (message, data) => this.#waiting.has(keyOf(message, data));

  async press(me, message, data) {
    const key = keyOf(message, data);
    if (this.#waiting.has(key)) return;
    this.#set(key, null);
    setTimeout(() => this.#end(key), PATIENCE);
    try {
      const body = { chat_id: message.chat_id, user_id: me.id, message_id: message.message_id, data };
      const { query_id: query } = await api.press(body);
      if (this.#answered.includes(query)) this.#end(key);
      else if (this.#waiting.has(key)) this.#waiting.set(key, query);
    } catch (error) {
      this.#end(key);
      failure("failed", error);
    }
  }

  /** Take in an event: an answer, an edit or a deletion ends the waiting. */
  apply(event) {
    if (event.type === "answer") {
      this.#answered = [...this.#answered, event.query_id].slice(-REMEMBERED);
      for (const [key, query] of this.#waiting) if (query === event.query_id) this.#end(key);
    }
    const ids = event.type === "edit" ? [event.message.message_id] : (event.message_ids ?? []);
    for (const id of ids) {
      for (const key of this.#waiting.keys()) if (key.startsWith(`${event.chat_id}/${id}/`)) this.#end(key);
    }
  }

  #set(key, query) {
    this.#waiting.set(key, query);
    this.changed();
  }

  #end(key) {
    if (this.#waiting.delete(key)) this.changed();
  }
}

const keyOf = (message, data) => `${message.chat_id}/${message.message_id}/${data}`;

/** The rows of buttons below a message. */
export function keyboard(message, press) {
  if (!message.keyboard?.length) return null;
  const rows = message.keyboard.map((row) => el("div", { class: "keys" }, row.map((key) => button(message, key, press))));
  return el("div", { class: "keyboard" }, rows);
}

function button(message, key, press) {
  const style = STYLES.has(key.style) ? key.style : "";
  const words = el("span", {}, key.text);
  if (key.url) return link(key.url, { class: `key ${style}` }, words, icon("link"));
  if (key.copy) return el("button", { type: "button", class: `key ${style}`, onclick: () => copied(key.copy) }, words, icon("copy"));
  if (!key.data) return el("button", { type: "button", class: `key ${style}`, disabled: true }, words);
  return el("button", { type: "button", class: `key ${style}`, "data-press": key.data, onclick: () => press(message, key.data) }, words);
}

async function copied(text) {
  await copyText(text);
  toast(t("copied"));
}

/** Mark the pressed buttons of a bubble as busy. */
export function markBusy(node, message, presses) {
  for (const key of node.querySelectorAll("[data-press]")) {
    key.setAttribute("aria-busy", String(presses.isBusy(message, key.dataset.press)));
  }
}
