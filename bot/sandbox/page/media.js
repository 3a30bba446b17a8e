/** Photos, albums and documents inside a bubble. */

import { el, icon } from "./dom.js";
import { bytes } from "./format.js";
import { t } from "./words.js";

const WIDEST = 400;
const TALLEST = 440;
const NARROWEST = 140;
const ROWS = { 2: [2], 3: [1, 2], 4: [2, 2], 5: [2, 3], 6: [3, 3], 7: [2, 2, 3], 8: [2, 3, 3], 9: [3, 3, 3], 10: [2, 2, 3, 3] };

/** Show one photo in its shape, or several as a mosaic of full rows; a click opens `view(index)`. */
export function photos(messages, view) {
  const tiles = messages.map((message, index) => tile(message, () => view(index)));
  if (tiles.length === 1) return single(messages[0].photo, tiles[0]);
  const shapes = messages.map(({ photo }) => Math.min(1.8, Math.max(0.6, photo.width / photo.height)));
  return el("div", { class: "album" }, rowsOf(shapes).map((row) => albumRow(row, shapes, tiles)));
}

function tile({ photo, caption }, open) {
  const image = el("img", { src: photo.url, width: photo.width, height: photo.height, alt: caption || t("photo"), draggable: "false" });
  return el("button", { type: "button", class: "photo", onclick: open }, image);
}

function single({ width, height }, button) {
  const scale = Math.min(1, WIDEST / width, TALLEST / height);
  const [wide, high] = [Math.max(NARROWEST, width * scale), Math.max(NARROWEST / 2, height * scale)];
  button.style.width = `min(${Math.round(wide)}px, 76cqi)`; // of the chat's width, for phones
  button.style.aspectRatio = `${wide} / ${high}`;
  return button;
}

/** Divide indexes into rows: wide pairs one above the other, tall threes side by side. */
function rowsOf(shapes) {
  const mean = shapes.reduce((sum, shape) => sum + shape, 0) / shapes.length;
  let lengths = ROWS[shapes.length] ?? Array(Math.ceil(shapes.length / 3)).fill(3);
  if (shapes.length === 2 && mean > 1.5) lengths = [1, 1];
  if (shapes.length === 3 && mean < 0.9) lengths = [3];
  let start = 0;
  return lengths.map((length) => shapes.map((_, index) => index).slice(start, (start += length)));
}

function albumRow(indexes, shapes, tiles) {
  const row = el("div", { class: "album-row" });
  row.style.aspectRatio = String(Math.max(1.2, indexes.reduce((sum, index) => sum + shapes[index], 0)));
  for (const index of indexes) {
    tiles[index].style.flexGrow = String(shapes[index]);
    row.append(tiles[index]);
  }
  return row;
}

/** A document: its thumbnail (which opens it, when it is a picture) or its kind, name, size and a download. */
export function documentRow({ document: file }, view) {
  const size = bytes(file.size);
  return el(
    "div",
    { class: "document" },
    thumbnail(file, view),
    el("div", { class: "document-words" }, el("strong", { title: file.file_name }, file.file_name), el("span", {}, size)),
    el(
      "a",
      { class: "icon-button", href: file.url, download: file.file_name, "aria-label": `${t("download")} ${file.file_name}`, title: t("download") },
      icon("download"),
    ),
  );
}

function thumbnail(file, view) {
  if (!file.thumb_url) return el("span", { class: "document-kind", "aria-hidden": "true" }, extension(file.file_name));
  const image = el("img", { src: file.thumb_url, alt: "" });
  if (!file.mime_type?.startsWith("image/")) return el("span", { class: "document-thumb" }, image);
  return el("button", { type: "button", class: "document-thumb", onclick: view, "aria-label": file.file_name }, image);
}

export const extension = (name) => (/\.(\w{1,4})$/.exec(name ?? "")?.[1] ?? "file").toUpperCase();
