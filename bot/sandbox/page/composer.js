/** Where messages are written. Each place keeps its own draft. */

import * as api from "./api.js";
import { Attachments, drawTray, receiveFiles } from "./attachments.js";
import { CommandList } from "./commands.js";
import { find } from "./dom.js";
import { brief } from "./format.js";
import { failure } from "./notices.js";
import { placeKey } from "./place.js";
import { threadOf } from "./store.js";
import { t } from "./words.js";

const finePointer = matchMedia("(pointer: fine)");

/** What is being written in one place. `reply` and `edit` are messages; `as` is "user" or "group". */
class Draft {
  text = "";
  attachments = new Attachments();
  reply = null;
  edit = null;
  as = "user";
}

export class Composer {
  #drafts = new Map();
  #sending = Promise.resolve();

  constructor(store, { sent, lastOwn }) {
    Object.assign(this, { store, sent, lastOwn });
    this.form = find("#composer");
    this.text = find("#text");
    this.list = new CommandList(find("#commands"), this.text, (command) => this.#take(command));
    this.text.addEventListener("input", () => this.#typed());
    this.text.addEventListener("keydown", (event) => this.#key(event));
    this.form.addEventListener("submit", (event) => (event.preventDefault(), this.submit()));
    find("#answering button").addEventListener("click", () => this.#cancel());
    find("#list-commands").addEventListener("click", () => this.#listCommands());
    find("#send-as").addEventListener("click", () => this.#switchSender());
    const ends = { pane: find(".chat"), overlay: find("#drop"), text: this.text, button: find("#attach"), input: find("#files") };
    receiveFiles(ends, (files) => this.#attach(files));
  }

  get #draft() {
    const key = placeKey(this.place);
    if (!this.#drafts.has(key)) this.#drafts.set(key, new Draft());
    return this.#drafts.get(key);
  }

  /** Write in another place. */
  move(place) {
    this.place = place;
    this.draw();
  }

  /** Show the draft as it stands. */
  draw() {
    const draft = this.#draft;
    if (this.text.value !== draft.text) this.text.value = draft.text;
    drawTray(find("#tray"), draft.attachments, () => this.draw());
    this.#drawAnswering(draft);
    this.#drawSender(draft);
    const prompted = draft.reply?.force_reply && draft.reply.input_placeholder;
    this.text.placeholder = prompted || t(draft.attachments.items.length ? "caption" : "write");
    this.#grow();
  }

  reply(message) {
    Object.assign(this.#draft, { reply: message, edit: null });
    this.draw();
    this.text.focus();
  }

  edit(message) {
    const text = message.text || message.caption;
    Object.assign(this.#draft, { edit: message, reply: null, text });
    this.draw();
    this.text.focus();
    this.text.setSelectionRange(text.length, text.length);
  }

  /** Go into reply mode because the bot asks for it, unless something else is being answered. */
  prompt(message) {
    const draft = this.#draft;
    if (draft.edit || (draft.reply && !draft.reply.force_reply)) return;
    draft.reply = message;
    this.draw();
    if (finePointer.matches) this.text.focus();
  }

  /** Let go of messages that are no more. */
  forget(chatId, ids) {
    for (const draft of this.#drafts.values()) {
      const isGone = (message) => message?.chat_id === chatId && ids.includes(message.message_id);
      if (isGone(draft.reply)) draft.reply = null;
      if (isGone(draft.edit)) Object.assign(draft, { edit: null, text: "" });
    }
    this.draw();
  }

  /** Send (or change) what is written; messages leave in the order they were written. */
  submit() {
    const draft = this.#draft;
    const text = draft.text.trim();
    if (!text && !draft.attachments.items.length) return;
    this.#drafts.set(placeKey(this.place), Object.assign(new Draft(), { as: draft.as }));
    this.#post(draft, { ...this.place }, text);
    this.list.close();
    this.draw();
    this.text.focus();
  }

  /** Send a text at once, leaving the draft alone. */
  say(text) {
    this.#post(Object.assign(new Draft(), { as: this.#draft.as }), { ...this.place }, text);
  }

  #post(draft, place, text) {
    const request = draft.edit ? () => this.#change(draft, place, text) : () => this.#send(draft, place, text);
    this.form.setAttribute("aria-busy", "true");
    const step = this.#sending.then(request).then(
      () => draft.attachments.clear(),
      (error) => this.#giveBack(draft, place, error),
    );
    this.#sending = step;
    step.then(() => this.#sending === step && this.form.setAttribute("aria-busy", "false"));
  }

  async #send({ attachments, reply, as }, { me, chat, topic }, text) {
    const { messages } = await api.send({
      chat_id: chat.id,
      user_id: me.id,
      text,
      reply_to: reply?.message_id,
      thread_id: threadOf(topic),
      as,
      media: attachments.items.length ? attachments.media : null,
      files: attachments.items.map(({ file }) => file),
    });
    this.sent(messages);
  }

  #change = ({ edit }, { me, chat }, text) =>
    api.edit({ chat_id: chat.id, user_id: me.id, message_id: edit.message_id, text });

  /** Put an unsent message back, if nothing new was begun since. */
  #giveBack(draft, place, error) {
    failure("sendFailed", error);
    const since = this.#drafts.get(placeKey(place));
    if (!since?.text && !since?.attachments.items.length) this.#drafts.set(placeKey(place), draft);
    this.draw();
  }

  #typed() {
    this.#draft.text = this.text.value;
    this.list.offer(this.store.commands);
    this.#grow();
  }

  #key(event) {
    if (this.list.key(event)) return event.preventDefault();
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      this.submit();
    }
    if (event.key === "Escape") this.#cancel();
    if (event.key === "ArrowUp" && !this.text.value && this.lastOwn()) {
      event.preventDefault();
      this.edit(this.lastOwn());
    }
  }

  #take(command) {
    this.text.value = `/${command} `;
    this.#typed();
    this.text.focus();
  }

  #listCommands() {
    if (this.list.isOpen) return this.list.close();
    if (!this.text.value) this.text.value = "/";
    this.text.focus();
    this.#typed();
  }

  #attach(files) {
    this.#draft.attachments.add(files);
    this.draw();
    this.text.focus();
  }

  #cancel() {
    const draft = this.#draft;
    if (draft.edit) draft.text = "";
    Object.assign(draft, { edit: null, reply: null });
    this.draw();
    this.text.focus();
  }

  #switchSender() {
    this.#draft.as = this.#draft.as === "user" ? "group" : "user";
    this.draw();
  }

  #drawAnswering({ reply, edit }) {
    const box = find("#answering");
    box.hidden = !reply && !edit;
    if (box.hidden) return;
    find("use", box).setAttribute("href", edit ? "#i-edit" : "#i-reply");
    find("strong", box).textContent = edit ? t("editing") : t("replyTo", { name: reply.from.name });
    find("span", box).textContent = brief(edit ?? reply);
  }

  /** Admins of a supergroup choose whether they speak as themselves. */
  #drawSender(draft) {
    const button = find("#send-as");
    const { me, chat } = this.place;
    button.hidden = chat.type !== "supergroup" || !this.store.isAdmin(chat, me.id);
    const asGroup = draft.as === "group";
    button.textContent = [...(asGroup ? chat.title : me.first_name)][0];
    button.title = t(asGroup ? "sendAsGroup" : "sendAsMe", { name: me.first_name });
    button.setAttribute("aria-label", button.title);
    button.setAttribute("aria-pressed", String(asGroup));
  }

  #grow() {
    this.text.style.height = "auto";
    this.text.style.height = `${this.text.scrollHeight}px`;
  }
}
