/** The demo server's calls. What it declines is raised as `Refused`, with its sentence. */

export class Refused extends Error {}

const POLL = 25;
const PATIENCE = (POLL + 15) * 1000;
const UPLOAD = 120_000;

export const state = (language) => call(`/chat/state?lang=${language}`);
export const history = (chatId) => call(`/chat/history?chat_id=${chatId}`);

/** Wait for what happens after event number `after`: at most half a minute, then an empty list. */
export const events = (after) => call(`/chat/events?after=${after}&timeout=${POLL}`, { signal: AbortSignal.timeout(PATIENCE) });

export const press = (body) => postJson("/chat/presses", body);
export const edit = (body) => postJson("/chat/edits", body);
export const remove = (body) => postJson("/chat/deletes", body);

/** Send one message, or an album when there are several `files`; fields without a value are left out. */
export function send({ files, ...fields }) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) {
    if (value !== null && value !== undefined) form.append(name, value);
  }
  for (const file of files) form.append("files", file, file.name || "picture.png");
  return call("/chat/messages", { method: "POST", body: form, signal: AbortSignal.timeout(UPLOAD) });
}

function postJson(path, body) {
  return call(path, { method: "POST", body: JSON.stringify(body), headers: { "Content-Type": "application/json" } });
}

async function call(path, options = {}) {
  const answer = await fetch(path, { signal: AbortSignal.timeout(PATIENCE), ...options });
  if (answer.ok) return answer.json();
  const told = await answer.json().catch(() => ({}));
  throw new Refused(told.error ?? `HTTP ${answer.status}`);
}
