/** Times, sizes and faces as people read them. Dates are Unix seconds. */

import { el, icon } from "./dom.js";
import { locale, t } from "./words.js";

const DAY = 86_400_000;

export const clock = (seconds) =>
  new Intl.DateTimeFormat(locale(), { hour: "2-digit", minute: "2-digit", hour12: false }).format(seconds * 1000);

export const fullTime = (seconds) =>
  new Intl.DateTimeFormat(locale(), { dateStyle: "medium", timeStyle: "medium", hour12: false }).format(seconds * 1000);

/** The local day, comparable: 2025-03-09. */
export const dayOf = (seconds) => new Intl.DateTimeFormat("sv-SE").format(seconds * 1000);

export function dayName(seconds) {
  const day = dayOf(seconds);
  if (day === dayOf(Date.now() / 1000)) return t("today");
  if (day === dayOf((Date.now() - DAY) / 1000)) return t("yesterday");
  return new Intl.DateTimeFormat(locale(), { dateStyle: "long" }).format(seconds * 1000);
}

export function bytes(count) {
  if (count < 1000) return `${count} B`;
  return count < 1_000_000 ? `${Math.round(count / 1000)} KB` : `${(count / 1_000_000).toFixed(1)} MB`;
}

/** A round face: the bot ("robot") has a picture, others their first letter; the colour follows from the id. */
export function face(id, name, kind = "") {
  const letter = [...(name || "?").trim()][0]?.toUpperCase() ?? "?";
  const drawing = kind === "robot" ? icon("studio") : letter;
  return el("span", { class: `face ${kind} hue-${Math.abs(id) % 6}`, "aria-hidden": "true" }, drawing);
}

/** The name of a language by the tag that a Telegram client sends. */
export const languageName = (tag) => new Intl.DisplayNames(locale(), { type: "language", fallback: "code" }).of(tag);

/** A message in a few words, for quotes and lists. */
export function brief(message) {
  const words = message.text || message.caption;
  if (words) return words.slice(0, 120);
  return message.photo ? t("photo") : (message.document?.file_name ?? "");
}
