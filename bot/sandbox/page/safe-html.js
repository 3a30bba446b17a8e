/** Messages' HTML, rebuilt from an allow-list: a tag that is not on it leaves only its text behind. */

import { copyText, el, link } from "./dom.js";
import { toast } from "./notices.js";
import { t } from "./words.js";

const PLAIN = new Set(["b", "strong", "i", "em", "u", "ins", "s", "strike", "del", "pre", "br"]);
const DROPPED = new Set(["script", "style", "template", "iframe", "object", "noscript", "svg", "math"]);

/**
 * Turn the server's HTML into nodes. The parser's document is inert: nothing in it loads or runs.
 *
 * Commands (`span.command`) become buttons that call `onCommand(word)`.
 */
export function safeHtml(html, onCommand = () => {}) {
  const parsed = new DOMParser().parseFromString(`<!doctype html><body>${html}`, "text/html");
  const kept = document.createDocumentFragment();
  kept.append(...children(parsed.body, onCommand));
  return kept;
}

const children = (node, onCommand) => [...node.childNodes].flatMap((child) => rebuilt(child, onCommand));

function rebuilt(node, onCommand) {
  if (node.nodeType === Node.TEXT_NODE) return [node.data];
  if (node.nodeType !== Node.ELEMENT_NODE || DROPPED.has(node.localName)) return [];
  const tag = node.localName;
  const inner = children(node, onCommand);
  if (PLAIN.has(tag)) return [el(tag, {}, inner)];
  if (tag === "code") return [copies(el(tag, {}, inner))];
  if (tag === "a") return [link(node.getAttribute("href") ?? "", {}, inner)];
  if (tag === "tg-spoiler" || node.classList.contains("spoiler")) return [opens(el("span", { class: "spoiler" }, inner))];
  if (node.classList.contains("command")) return [commandButton(node.textContent, onCommand)];
  if (tag === "blockquote") {
    const quote = el("blockquote", {}, inner);
    return [node.hasAttribute("expandable") ? opens(quote) : quote];
  }
  return inner;
}

const commandButton = (word, onCommand) => el("button", { type: "button", class: "command", onclick: () => onCommand(word) }, word);

/** Make an element that opens for good. */
function opens(node) {
  node.classList.add("closed");
  return pressable(node, () => {
    node.classList.remove("closed");
    node.removeAttribute("role");
    node.removeAttribute("tabindex");
  });
}

/** Make an element that gives its text to the clipboard, as code does in Telegram. */
const copies = (node) => pressable(node, () => copyText(node.textContent).then(() => toast(t("copied"))));

/** Call `act` at a click or Enter. */
function pressable(node, act) {
  node.setAttribute("role", "button");
  node.tabIndex = 0;
  node.addEventListener("click", act);
  node.addEventListener("keydown", ({ key }) => key === "Enter" && act());
  return node;
}
