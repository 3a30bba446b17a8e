/** From messages to what stands in the timeline: days, albums as one, runs of one sender. Pure. */

import { dayOf } from "./format.js";

const RUN = 300; // seconds

/**
 * Return entries: `{key, day}` for a divider, else `{key, messages, first, last}`, where an album's messages are together
 * and `first`/`last` tell the place in a run of messages that one sender wrote within five minutes of each other.
 */
export function entriesOf(messages) {
  const entries = [];
  for (const message of messages) {
    const before = entries.at(-1);
    if (!before || dayOf(newest(before).date) !== dayOf(message.date)) {
      entries.push({ key: `day-${dayOf(message.date)}`, day: message.date });
    }
    const last = entries.at(-1);
    if (sameAlbum(last, message)) last.messages.push(message);
    else entries.push({ key: `m-${message.message_id}`, messages: [message], first: true, last: true });
  }
  entries.forEach((entry, index) => joinRun(entries[index - 1], entry));
  return entries;
}

const newest = (entry) => entry.messages.at(-1);

const sameAlbum = (entry, message) =>
  Boolean(message.media_group_id) && entry.messages && newest(entry).media_group_id === message.media_group_id;

function joinRun(before, entry) {
  if (!before?.messages || !entry.messages) return;
  const [one, other] = [newest(before), entry.messages[0]];
  if (one.from.id !== other.from.id || one.from.name !== other.from.name || other.date - one.date > RUN) return;
  before.last = false;
  entry.first = false;
}

/** Tell whether an entry would look the same as before. */
export function sameEntry(one, other) {
  if (one.day || other.day) return one.day === other.day;
  return (
    one.first === other.first &&
    one.last === other.last &&
    one.messages.length === other.messages.length &&
    one.messages.every((message, index) => message === other.messages[index])
  );
}
