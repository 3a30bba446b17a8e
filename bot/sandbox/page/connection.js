/** One endless long poll that survives the server's absence. */

import * as api from "./api.js";

const LONGEST = 15;

/**
 * Follow the server's events for ever.
 *
 * `sync` reads everything afresh and returns the number of the last event; it runs first and after every loss, since the
 * server may have restarted with another story. `apply` gets each event once and tells whether it needs a fresh reading too;
 * `status` gets null or the seconds to wait.
 */
export async function follow({ sync, apply, status, wake }) {
  let after = null;
  let losses = 0;
  for (;;) {
    try {
      after ??= await sync();
      status(null);
      const { events, last } = await api.events(after);
      losses = 0;
      const stale = events.filter(apply).length > 0 || last < after;
      after = stale ? null : (events.at(-1)?.n ?? after);
    } catch (lost) {
      console.warn("events", lost);
      after = null;
      losses += 1;
      await countDown(Math.min(LONGEST, 2 ** (losses - 1)), status, wake);
    }
  }
}

/** Count the seconds down, unless `wake` (an EventTarget) says "wake" before. */
async function countDown(seconds, status, wake) {
  let woken = false;
  for (let left = seconds; left > 0 && !woken; left -= 1) {
    status(left);
    woken = await new Promise((done) => {
      const heard = () => done(true);
      wake.addEventListener("wake", heard, { once: true });
      setTimeout(() => {
        wake.removeEventListener("wake", heard);
        done(false);
      }, 1000);
    });
  }
  status(0);
}
