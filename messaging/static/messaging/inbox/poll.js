// Asks every other second what is new: less often while nobody looks or the server is away, more often just after sending.
import { Away, LoggedOut, getJson, pollUrl } from "./net.js";

const EVERY = 1_800; // milliseconds
const HIDDEN = 15_000;
const HURRIED = 400;
const HURRY_FOR = 6_000;
const AT_MOST = 10_000; // while the server does not answer: nobody waits longer once it is back

export function startPolling({ ask, tell, lost }) {
  let timer = 0;
  let failures = 0;
  let hurryUntil = 0;
  let asking = false;
  let again = false;

  const pause = () => {
    if (failures) return Math.min(EVERY * 2 ** failures, AT_MOST);
    if (document.hidden) return HIDDEN;
    return Date.now() < hurryUntil ? HURRIED : EVERY;
  };

  async function look() {
    clearTimeout(timer);
    if (asking) {
      again = true;
      return;
    }
    asking = true;
    try {
      const asked = ask();
      const answer = asked && (await getJson(`${pollUrl()}?${asked}`));
      if (failures) lost("");
      failures = 0;
      if (answer) await tell(answer);
    } catch (error) {
      if (!(error instanceof Away || error instanceof LoggedOut)) console.error(error);
      failures += 1;
      lost(error instanceof LoggedOut ? "loggedOut" : failures > 1 || !navigator.onLine ? "lost" : "");
    }
    asking = false;
    clearTimeout(timer);
    timer = setTimeout(look, again ? 50 : pause());
    again = false;
  }

  document.addEventListener("visibilitychange", () => !document.hidden && look());
  window.addEventListener("online", look);
  timer = setTimeout(look, HURRIED);
  return {
    look,
    hurry: () => {
      hurryUntil = Date.now() + HURRY_FOR;
      look();
    },
  };
}
