/** Elements, made without any markup from strings. */

/** Build an element: `onclick` and the like listen, other properties are attributes, strings among the children become text. */
export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

export const find = (selector, root = document) => root.querySelector(selector);

const SVG = "http://www.w3.org/2000/svg";

/** Draw one of the icons that index.html defines. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#i-${name}`);
  svg.setAttribute("aria-hidden", "true");
  svg.append(use);
  return svg;
}

/** Return an address that a click may follow, or null: `javascript:` and the like lead nowhere. */
function safeUrl(address) {
  if (!URL.canParse(address, location.href)) return null;
  const url = new URL(address, location.href);
  return ["http:", "https:", "mailto:", "tg:"].includes(url.protocol) ? url.href : null;
}

/** A link that opens in a tab of its own and tells it nothing about this one; without a usable address, plain text. */
export function link(address, props = {}, ...children) {
  const href = safeUrl(address);
  if (!href) return el("span", props, ...children);
  return el("a", { ...props, href, target: "_blank", rel: "noopener noreferrer" }, ...children);
}

/** Put text on the clipboard; where the page has no right to (plain http on a network), by the old way. */
export async function copyText(text) {
  if (navigator.clipboard) {
    await navigator.clipboard.writeText(text);
    return;
  }
  const held = el("textarea", { class: "unseen" });
  held.value = text;
  document.body.append(held);
  held.select();
  document.execCommand("copy");
  held.remove();
}
