/** The scrolling list of messages: draws only what changed and keeps the reader's place. */

import { entryNode } from "./bubble.js";
import { el, find } from "./dom.js";
import { entriesOf, sameEntry } from "./entries.js";
import { t } from "./words.js";

const NEAR = 80; // pixels from the end that still count as reading the newest
const FLASH = 1600;

export class Timeline {
  #shown = new Map(); // key -> {entry, node}
  #following = true;
  #missed = 0;

  constructor(root, newer) {
    this.root = root;
    this.newer = newer;
    root.addEventListener("scroll", () => this.#scrolled());
    root.addEventListener("keydown", (event) => this.#key(event));
    newer.addEventListener("click", () => this.toEnd(true));
    new ResizeObserver(() => this.#following && this.toEnd()).observe(root);
  }

  /** Begin another conversation, or the same in other words. */
  clear() {
    this.#shown.clear();
    this.root.replaceChildren();
    this.#following = true;
    this.#missed = 0;
  }

  /** Bring the list up to date; `empty` is shown when there is nothing, `fresh` counts the messages that came in. */
  update(messages, scene, { empty, fresh = 0 }) {
    const entries = entriesOf(messages);
    const nodes = entries.map((entry) => this.#nodeOf(entry, scene));
    this.#forgetAllBut(new Set(entries.map(({ key }) => key)));
    this.#place(nodes.length ? nodes : [empty]);
    if (this.#following) this.toEnd();
    else this.#missed += fresh;
    this.#showNewer();
  }

  node = (id) => find(`[data-id="${id}"]`, this.root) ?? this.#albumOf(id)?.node;
  messagesOf = (node) => [...this.#shown.values()].find((shown) => shown.node === node).entry.messages;

  /** Call `visit(node, last message)` for every message shown; keyboards hang on the last. */
  each(visit) {
    for (const { node, entry } of this.#shown.values()) if (entry.messages) visit(node, entry.messages.at(-1));
  }

  /** Scroll to a message and mark it for a moment. */
  jump(id) {
    const node = this.node(id);
    if (!node) return;
    node.scrollIntoView({ block: "center", behavior: motion() });
    node.focus({ preventScroll: true });
    node.classList.add("found");
    setTimeout(() => node.classList.remove("found"), FLASH);
  }

  toEnd(smoothly = false) {
    this.#following = true;
    this.root.scrollTo({ top: this.root.scrollHeight, behavior: smoothly ? motion() : "instant" });
  }

  #nodeOf(entry, scene) {
    const shown = this.#shown.get(entry.key);
    if (shown && sameEntry(shown.entry, entry)) return shown.node;
    const node = entryNode(entry, scene);
    if (shown) redraw(shown.node, node);
    this.#shown.set(entry.key, { entry, node });
    return node;
  }

  #forgetAllBut(keys) {
    for (const [key, { node }] of this.#shown) {
      if (keys.has(key)) continue;
      this.#shown.delete(key);
      node.remove();
    }
  }

  /** Make the children these, moving none that already stands in its place. */
  #place(nodes) {
    nodes.forEach((node, index) => {
      const standing = this.root.children[index] ?? null;
      if (standing !== node) this.root.insertBefore(node, standing);
    });
    while (this.root.children.length > nodes.length) this.root.lastChild.remove();
  }

  #albumOf = (id) => [...this.#shown.values()].find(({ entry }) => entry.messages?.some((message) => message.message_id === id));

  #scrolled() {
    const { scrollHeight, scrollTop, clientHeight } = this.root;
    this.#following = scrollHeight - scrollTop - clientHeight < NEAR;
    if (this.#following) this.#missed = 0;
    this.#showNewer();
  }

  #showNewer() {
    this.newer.hidden = this.#following;
    this.newer.textContent = this.#missed ? t("newMessages", { n: this.#missed }) : "";
    this.newer.setAttribute("aria-label", this.newer.textContent || t("toBottom"));
  }

  /** Walk through the messages with the arrow keys. */
  #key(event) {
    const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!by || (event.target !== this.root && !event.target.matches(".message"))) return;
    const all = [...this.root.querySelectorAll(".message")];
    const at = all.indexOf(event.target);
    const next = at < 0 ? all.at(-1) : all[at + by];
    event.preventDefault();
    next?.focus();
  }
}

const motion = () => (matchMedia("(prefers-reduced-motion: reduce)").matches ? "instant" : "smooth");

/** Put a message's new drawing in place of the old; pictures that stay do not load again, and the focus stays where it was. */
function redraw(before, after) {
  for (const image of after.querySelectorAll("img")) {
    const same = [...before.querySelectorAll("img")].find((held) => held.getAttribute("src") === image.getAttribute("src"));
    if (same) image.replaceWith(same);
  }
  const focusable = "button, a, [tabindex]";
  const hadFocus = before.contains(document.activeElement);
  const at = [...before.querySelectorAll(focusable)].indexOf(document.activeElement);
  after.classList.add("redrawn");
  before.replaceWith(after);
  if (hadFocus) (after.querySelectorAll(focusable)[at] ?? after).focus({ preventScroll: true });
}

/** What stands in a conversation without messages. */
export function emptyView(face, title, hint, start) {
  const button = start && el("button", { type: "button", class: "start", onclick: start }, t("start"));
  return el("div", { class: "empty" }, face, el("h2", {}, title), el("p", {}, hint), button);
}
