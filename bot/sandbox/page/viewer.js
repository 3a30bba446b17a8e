/** Pictures at full size. Escape closes, the arrow keys turn the pages of an album. */

import { find } from "./dom.js";

export class Viewer {
  #pages = [];
  #at = 0;

  constructor(dialog) {
    this.dialog = dialog;
    this.turners = [...dialog.querySelectorAll(".viewer-turn")];
    dialog.addEventListener("click", (event) => this.#click(event));
    dialog.addEventListener("keydown", (event) => {
      if (event.key === "ArrowLeft") this.#turn(-1);
      if (event.key === "ArrowRight") this.#turn(1);
    });
  }

  /** Show pages `{url, name, caption}`, beginning at number `at`. */
  show(pages, at = 0) {
    this.#pages = pages;
    this.#at = at;
    this.#draw();
    this.dialog.showModal();
    find(".viewer-close", this.dialog).focus();
  }

  #draw() {
    const { url, name, caption } = this.#pages[this.#at];
    const image = find("img", this.dialog);
    if (image.getAttribute("src") !== url) image.src = url;
    image.alt = caption || name;
    const count = this.#pages.length > 1 ? `${this.#at + 1} / ${this.#pages.length}` : "";
    find("figcaption", this.dialog).textContent = [count, caption].filter(Boolean).join("  ");
    Object.assign(find("a", this.dialog), { href: url, download: name });
    for (const turner of this.turners) turner.hidden = !this.#pages[this.#at + Number(turner.value)];
  }

  #turn(by) {
    if (!this.#pages[this.#at + by]) return;
    this.#at += by;
    this.#draw();
  }

  #click({ target }) {
    const turner = target.closest(".viewer-turn");
    if (turner) this.#turn(Number(turner.value));
    else if (target.closest(".viewer-close") || !target.closest("img, a")) this.dialog.close();
  }
}
