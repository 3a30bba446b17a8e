/** Words beside the conversation: toasts, alerts, and what is read out to those who do not see the page. */

import { Refused } from "./api.js";
import { el, find } from "./dom.js";
import { t } from "./words.js";

const SHOWN = 4000;
const PER_CHARACTER = 40;
const MOST = 4;

/** Show a sentence for some seconds, longer when it is long. */
export function toast(words) {
  const box = find("#toasts");
  const note = el("p", { class: "toast" }, words);
  box.append(note);
  if (box.children.length > MOST) box.firstChild.remove();
  setTimeout(() => note.remove(), SHOWN + words.length * PER_CHARACTER);
}

/** Show a sentence until it is confirmed. */
export function alertBox(words) {
  const dialog = find("#alert");
  find("p", dialog).textContent = words;
  if (!dialog.open) dialog.showModal();
}

/** Say that something did not work: `key` names the sentence with a place for `why`. */
export function failure(key, error) {
  toast(t(key, { why: error instanceof Refused ? error.message : t("unreachable") }));
}

/** Have a screen reader say it; the last few stay in the log. */
export function announce(words) {
  const log = find("#announcer");
  log.append(el("p", {}, words));
  if (log.children.length > MOST) log.firstChild.remove();
}
