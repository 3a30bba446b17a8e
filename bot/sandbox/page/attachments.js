/** The files that wait in the composer: pictured, removable, sent as photos or as files. */

import { el, find, icon } from "./dom.js";
import { bytes } from "./format.js";
import { extension } from "./media.js";
import { toast } from "./notices.js";
import { t } from "./words.js";

const MOST = 10;
const PHOTO_TYPES = new Set(["image/jpeg", "image/png", "image/webp"]);

/** What is about to be attached to one message. */
export class Attachments {
  items = []; // {file, url}: the url shows a picture until it is removed
  #chosen = "photo";

  get canBePhotos() {
    return this.items.every(({ file }) => PHOTO_TYPES.has(file.type));
  }

  /** "photo" or "document", as the server calls them. */
  get media() {
    return this.canBePhotos ? this.#chosen : "document";
  }

  set media(chosen) {
    this.#chosen = chosen;
  }

  add(files) {
    const room = MOST - this.items.length;
    if (files.length > room) toast(t("tooMany", { n: MOST }));
    const added = [...files].slice(0, room);
    this.items.push(...added.map((file) => ({ file, url: PHOTO_TYPES.has(file.type) ? URL.createObjectURL(file) : null })));
  }

  remove(item) {
    this.items = this.items.filter((held) => held !== item);
    if (item.url) URL.revokeObjectURL(item.url);
  }

  clear() {
    for (const item of [...this.items]) this.remove(item);
  }
}

/** Show them in the tray; `changed` is called after a removal or another choice. */
export function drawTray(tray, attachments, changed) {
  tray.hidden = attachments.items.length === 0;
  const previews = attachments.items.map((item) => preview(item, attachments.media, () => (attachments.remove(item), changed())));
  tray.replaceChildren(el("div", { class: "previews" }, previews));
  if (attachments.items.length && attachments.canBePhotos) tray.append(modes(attachments, changed));
}

function preview({ file, url }, media, remove) {
  const name = file.name || t("photo");
  const picture = url ? el("img", { src: url, alt: name }) : el("span", { class: "document-kind", "aria-hidden": "true" }, extension(name));
  const label = t("remove", { name });
  return el(
    "div",
    { class: url && media === "photo" ? "preview" : "preview as-file" },
    picture,
    el("span", { class: "preview-name", title: name }, name, el("small", {}, bytes(file.size))),
    el("button", { type: "button", class: "icon-button", "aria-label": label, title: label, onclick: remove }, icon("close")),
  );
}

function modes(attachments, changed) {
  const choice = (media, word) => {
    const choose = () => {
      attachments.media = media;
      changed();
      find(`.modes [data-media=${media}]`).focus();
    };
    return el("button", { type: "button", "data-media": media, "aria-pressed": String(attachments.media === media), onclick: choose }, t(word));
  };
  return el("div", { class: "modes", role: "group", "aria-label": t("sendMode") }, choice("photo", "asPhoto"), choice("document", "asFile"));
}

/** Take files from paste, drop and the file button, and hand them to `take(files)`. */
export function receiveFiles({ pane, overlay, text, button, input }, take) {
  button.addEventListener("click", () => input.click());
  input.addEventListener("change", () => {
    take([...input.files]);
    input.value = "";
  });
  text.addEventListener("paste", (event) => {
    if (!event.clipboardData.files.length) return;
    event.preventDefault();
    take([...event.clipboardData.files]);
  });
  const hasFiles = (event) => event.dataTransfer?.types.includes("Files");
  pane.addEventListener("dragover", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    overlay.hidden = false;
  });
  pane.addEventListener("dragleave", (event) => {
    if (!pane.contains(event.relatedTarget)) overlay.hidden = true;
  });
  pane.addEventListener("drop", (event) => {
    overlay.hidden = true;
    if (!hasFiles(event)) return;
    event.preventDefault();
    take([...event.dataTransfer.files]);
  });
}
