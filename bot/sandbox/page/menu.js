/** The menu of one message: by its button, a right click, a long press, or the menu key. */

import { el, icon } from "./dom.js";

const LONG = 450;
const MARGIN = 8;

export class Menu {
  constructor(root) {
    this.root = root;
    root.addEventListener("keydown", (event) => this.#key(event));
    // not popover=auto: that closes when the finger which opened it is lifted
    document.addEventListener("pointerdown", ({ target }) => !root.contains(target) && this.#close(null));
  }

  /** Open at a point of the window with `items` `{icon, words, act, danger}`; `opener` gets the focus back. */
  open({ x, y }, items, opener) {
    this.opener = opener;
    this.root.replaceChildren(...items.map((item) => this.#item(item)));
    this.root.showPopover();
    const { width, height } = this.root.getBoundingClientRect();
    this.root.style.left = `${Math.max(MARGIN, Math.min(x, innerWidth - width - MARGIN))}px`;
    this.root.style.top = `${Math.max(MARGIN, Math.min(y, innerHeight - height - MARGIN))}px`;
    this.root.firstChild.focus();
  }

  #item({ icon: drawing, words, act, danger }) {
    const choose = () => {
      this.#close(this.opener);
      act();
    };
    return el("button", { type: "button", role: "menuitem", tabindex: "-1", class: danger && "danger", onclick: choose }, icon(drawing), words);
  }

  #key(event) {
    const items = [...this.root.children];
    const at = items.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key];
    if (event.key === "Tab" || event.key === "Escape") this.#close(this.opener);
    if (to === undefined) return;
    event.preventDefault();
    items.at(to % items.length).focus();
  }

  #close(next) {
    if (this.root.matches(":popover-open")) this.root.hidePopover();
    next?.focus({ preventScroll: true });
  }
}

/** Call `open(message element, point, opener)` for each way there is to ask for a message's menu. */
export function onMenu(root, open) {
  const messageOf = (event) => event.target.closest(".message");
  root.addEventListener("contextmenu", (event) => {
    const message = messageOf(event);
    if (!message || event.target.closest("a") || String(getSelection())) return;
    event.preventDefault();
    const box = message.getBoundingClientRect();
    open(message, event.clientX ? { x: event.clientX, y: event.clientY } : { x: box.left + 40, y: box.top + 20 }, document.activeElement);
  });
  root.addEventListener("click", (event) => {
    const more = event.target.closest(".more");
    if (more) open(messageOf(event), { x: more.getBoundingClientRect().left, y: more.getBoundingClientRect().bottom }, more);
  });
  longPress(root, (event) => messageOf(event) && open(messageOf(event), { x: event.clientX, y: event.clientY }, null));
}

/** iOS sends no contextmenu event for a long press, so it is timed here. */
function longPress(root, pressed) {
  let timer;
  const stop = () => clearTimeout(timer);
  root.addEventListener("pointerdown", (event) => {
    stop();
    if (event.pointerType === "touch") timer = setTimeout(() => pressed(event), LONG);
  });
  for (const name of ["pointermove", "pointerup", "pointercancel", "contextmenu"]) root.addEventListener(name, stop);
}
