/** The demo's chat page: puts the parts together. */

import * as api from "./api.js";
import { Composer } from "./composer.js";
import { follow } from "./connection.js";
import { copyText, find } from "./dom.js";
import { brief, face } from "./format.js";
import { Presses, markBusy } from "./keyboard.js";
import { Menu, onMenu } from "./menu.js";
import { alertBox, announce, failure, toast } from "./notices.js";
import { placeHash, placeKey, readPlace } from "./place.js";
import { chatFace, chatTitle, drawChats, drawPeople, topicName } from "./sidebar.js";
import { Store, topicOf } from "./store.js";
import { Timeline, emptyView } from "./timeline.js";
import { Viewer } from "./viewer.js";
import { actionWords, fillWords, language, setLanguage, t } from "./words.js";

const ACTION_LASTS = 5000; // as long as Telegram shows one

const store = new Store();
const wake = new EventTarget();
const timeline = new Timeline(find("#timeline"), find("#newer"));
const viewer = new Viewer(find("#viewer"));
const menu = new Menu(find("#menu"));
const presses = new Presses(() => timeline.each((node, message) => markBusy(node, message, presses)));
const composer = new Composer(store, { sent: received, lastOwn: () => here().filter(isEditable).at(-1) });
let place = null;

const here = () => store.messages(place.chat, place.topic);
const isMine = (message) => message.from.id === place.me.id;
const isEditable = (message) => isMine(message) && Boolean(message.text || message.caption);
const isHere = (message) => message.chat_id === place.chat.id && topicOf(place.chat, message) === place.topic;

// ---- showing

function show() {
  const before = place && placeKey(place);
  place = readPlace(store);
  document.body.dataset.pane = place.chosen ? "chat" : "list";
  if (placeKey(place) !== before) {
    timeline.clear();
    hideAction();
  }
  composer.move(place);
  draw();
  const last = here().at(-1);
  if (last?.force_reply && isForMe(last)) composer.prompt(last);
}

/** Draw everything anew, for instance in another language. */
function redraw() {
  fillWords();
  if (!place) return;
  timeline.clear();
  composer.draw();
  draw();
}

function draw(fresh = 0) {
  if (!document.hidden) store.markRead(place.chat.id, place.topic);
  drawPeople(find("#people"), store, place);
  drawChats(find("#chats"), store, place);
  drawHead();
  timeline.update(here(), scene(), { empty: emptiness(), fresh });
  timeline.each((node, message) => markBusy(node, message, presses));
}

function drawHead() {
  const { chat, topic, me } = place;
  const title = chatTitle(store, chat);
  const inTopic = chat.is_forum ? topicName(chat.topics.find(({ id }) => id === topic)) : null;
  find("#chat-face").replaceChildren(chatFace(store, chat));
  find("#chat-title").textContent = inTopic ? `# ${inTopic}` : title;
  find("#chat-subtitle").textContent = inTopic ? title : subtitle(chat);
  const unread = store.chatsOf(me.id).reduce((sum, each) => sum + store.unreadOf(each), 0);
  document.title = `${unread ? `(${unread}) ` : ""}${title} · ${me.first_name}`;
  find("#back").href = placeHash(me.id);
}

function subtitle(chat) {
  if (chat.type === "private") return `@${store.bot.username} · ${t("bot")}`;
  return chat.members.map((id) => (id === store.bot.id ? store.bot : store.user(id))?.first_name).filter(Boolean).join(", ");
}

function scene() {
  return {
    isGroup: place.chat.type !== "private",
    isMine,
    quoted: (message) => store.message(message.chat_id, message.reply_to_message_id),
    onCommand: (word) => composer.say(word),
    jump: (id) => timeline.jump(id),
    view: (messages, at) => viewer.show(messages.map(page), at),
    press: (message, data) => presses.press(place.me, message, data),
  };
}

const page = ({ photo, document: file, caption, message_id: id }) => ({
  url: (photo ?? file).url,
  name: file?.file_name ?? `${id}.jpg`,
  caption: caption ?? "",
});

function emptiness() {
  if (place.chat.type !== "private") return emptyView(chatFace(store, place.chat), t("welcomeGroup"), t("welcomeGroupHint"));
  return emptyView(face(store.bot.id, store.bot.first_name, "robot"), t("welcome"), t("welcomeHint"), () => composer.say("/start"));
}

// ---- what happens

async function sync() {
  const state = await api.state(language());
  const known = new Map(await Promise.all(state.chats.map(async ({ id }) => [id, (await api.history(id)).messages])));
  store.load(state);
  for (const [id, messages] of known) store.fill(id, messages);
  show();
  return state.last_event;
}

/** Take in one event; a fault in showing it must not stop the next. Returns whether all has to be read afresh. */
function apply(event) {
  if (event.type === "chat" || !store.chat(event.chat_id)) return true;
  try {
    const isNews = event.type === "message" && !store.message(event.chat_id, event.message.message_id);
    store.apply(event);
    presses.apply(event);
    if (event.type === "action") showAction(event);
    if (event.type === "answer" && event.user_id === place.me.id) showAnswer(event);
    if (event.type === "delete") composer.forget(event.chat_id, event.message_ids);
    if (isNews) arrived(event.message);
    draw(isNews && isHere(event.message) ? 1 : 0);
  } catch (fault) {
    console.error("event", event, fault);
  }
  return false;
}

function arrived(message) {
  const chat = store.chat(message.chat_id);
  if (!chat || isMine(message)) return;
  if (!isHere(message) || document.hidden) store.addUnread(chat.id, topicOf(chat, message));
  if (!isHere(message)) return;
  announce(t("says", { name: message.from.name, text: brief(message) }));
  if (message.from.is_bot) hideAction();
  if (message.force_reply && isForMe(message)) composer.prompt(message);
}

/** A forced reply that answers somebody is meant for that one; who speaks as the group is one of its admins. */
function isForMe(message) {
  const asked = store.message(message.chat_id, message.reply_to_message_id);
  return !asked || isMine(asked) || (asked.from.id === message.chat_id && store.isAdmin(place.chat, place.me.id));
}

/** My own messages, as the server took them. */
function received(messages) {
  messages.forEach((message) => store.put(message));
  if (messages.some(isHere)) timeline.toEnd();
  draw();
}

function showAnswer({ text, show_alert: insists }) {
  if (text) (insists ? alertBox : toast)(text);
}

let actionEnds;

function showAction(event) {
  const thread = place.chat.is_forum && event.thread_id ? event.thread_id : place.topic;
  if (event.chat_id !== place.chat.id || thread !== place.topic) return;
  clearTimeout(actionEnds);
  const line = find("#action");
  line.textContent = actionWords(event.action, store.bot.first_name);
  line.classList.add("shown");
  actionEnds = setTimeout(hideAction, ACTION_LASTS);
}

function hideAction() {
  clearTimeout(actionEnds);
  find("#action").classList.remove("shown");
}

function showConnection(seconds) {
  const line = find("#connection");
  line.hidden = seconds === null;
  find("button", line).hidden = !seconds;
  if (seconds !== null) find("span", line).textContent = seconds ? t("lost", { n: seconds }) : t("trying");
}

// ---- a message's menu

onMenu(timeline.root, (node, point, opener) => menu.open(point, itemsFor(timeline.messagesOf(node)), opener ?? node));

function itemsFor(messages) {
  const [message] = messages;
  const words = messages.map(({ text, caption }) => text || caption).find(Boolean);
  const mayDelete = isMine(message) || store.isAdmin(place.chat, place.me.id);
  return [
    { icon: "reply", words: t("reply"), act: () => composer.reply(message) },
    words && { icon: "copy", words: t("copy"), act: () => copyText(words).then(() => toast(t("copied"))) },
    isEditable(message) && { icon: "edit", words: t("edit"), act: () => composer.edit(message) },
    mayDelete && { icon: "delete", words: t("delete"), danger: true, act: () => remove(messages) },
  ].filter(Boolean);
}

async function remove(messages) {
  const ids = messages.map(({ message_id: id }) => id);
  try {
    await api.remove({ chat_id: place.chat.id, user_id: place.me.id, message_ids: ids });
  } catch (error) {
    failure("failed", error);
  }
}

// ---- the page

async function chooseLanguage(chosen) {
  setLanguage(chosen);
  redraw();
  store.commands = (await api.state(chosen)).commands;
}

for (const button of document.querySelectorAll("[data-lang]")) {
  button.addEventListener("click", () => chooseLanguage(button.dataset.lang).catch((error) => failure("failed", error)));
}
find("#connection button").addEventListener("click", () => wake.dispatchEvent(new Event("wake")));
addEventListener("online", () => wake.dispatchEvent(new Event("wake")));
addEventListener("hashchange", () => place && show());
document.addEventListener("visibilitychange", () => place && draw());
fillWords();
find("#connection span").textContent = t("connecting");
follow({ sync, apply, status: showConnection, wake });
