/** The list of commands above the composer: opens on `/`, arrow keys walk, Tab or Enter takes. */

import { el } from "./dom.js";

export class CommandList {
  #at = 0;

  constructor(root, text, taken) {
    this.root = root;
    this.text = text;
    this.taken = taken;
    text.addEventListener("blur", () => this.close());
    root.addEventListener("mousedown", (event) => event.preventDefault()); // a click must not take the text's focus
    root.addEventListener("click", ({ target }) => {
      const option = target.closest("[role=option]");
      if (option) this.taken(option.dataset.command);
    });
  }

  get isOpen() {
    return !this.root.hidden;
  }

  /** Offer those of `commands` that begin as the text does; none while the text is no command's beginning. */
  offer(commands) {
    const begun = /^\/(\w*)$/.exec(this.text.value)?.[1].toLowerCase();
    const fitting = begun === undefined ? [] : commands.filter(({ command }) => command.startsWith(begun));
    this.root.replaceChildren(...fitting.map(option));
    this.root.hidden = fitting.length === 0;
    this.#mark(0);
  }

  close() {
    this.root.hidden = true;
    this.text.removeAttribute("aria-activedescendant");
  }

  /** Handle a key of the text field; true when it was meant for the list. */
  key(event) {
    if (!this.isOpen || event.isComposing) return false;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const chosen = this.root.children[this.#at].dataset.command;
    if (step) this.#mark(this.#at + step);
    else if (event.key === "Escape") this.close();
    else if (event.key === "Tab" && !event.shiftKey) this.taken(chosen);
    else if (event.key === "Enter" && !event.shiftKey && this.text.value !== `/${chosen}`) this.taken(chosen);
    else return false;
    return true;
  }

  #mark(at) {
    const options = [...this.root.children];
    if (!options.length) return this.close();
    this.#at = (at + options.length) % options.length;
    options.forEach((node, index) => node.setAttribute("aria-selected", String(index === this.#at)));
    options[this.#at].scrollIntoView({ block: "nearest" });
    this.text.setAttribute("aria-activedescendant", options[this.#at].id);
  }
}

const option = ({ command, description }) =>
  el(
    "div",
    { role: "option", id: `command-${command}`, "data-command": command },
    el("strong", {}, `/${command}`),
    el("span", {}, description),
  );
