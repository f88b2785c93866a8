// Handing answers to the server: the bubble stands at once, and each goes once, in order, however bad the line is.
import { Answered, Away, LoggedOut, Refused, post } from "./net.js";
import { say } from "./words.js";

const PAUSES = [1_000, 2_000, 4_000, 8_000, 15_000]; // milliseconds; then the last again
const wait = (time) => new Promise((done) => setTimeout(done, time));

// crypto.randomUUID is there only over https and on localhost.
export const newToken = () =>
  "10000000-1000-4000-8000-100000000000".replace(/[018]/g, (digit) =>
    (digit ^ (crypto.getRandomValues(new Uint8Array(1))[0] & (15 >> (digit / 4)))).toString(16),
  );

export function pendingBubble({ text, quote, file }, token) {
  const bubble = document.querySelector("template[data-talk-bubble]").content.cloneNode(true).firstElementChild;
  bubble.dataset.token = token.replaceAll("-", "");
  bubble.querySelector(".mc-text").textContent = text || "";
  bubble.querySelector(".mc-text").hidden = !text;
  if (quote) Object.assign(bubble.querySelector("blockquote"), { textContent: quote, hidden: false });
  if (file) {
    bubble.querySelector(".mc-file").hidden = false;
    bubble.querySelector(".mc-file bdi").textContent = file.name;
  }
  return bubble;
}

export class Outbox {
  // `on.sent(html, token)`, `on.refused(words, values)`, `on.answered(answer, values)`, `on.stuck(words, token)`
  constructor(url, on) {
    this.url = url;
    this.on = on;
    this.last = Promise.resolve();
  }

  put(values, bubble) {
    this.last = this.last.then(() => this.hand(values, bubble)).catch(console.error);
    return this.last;
  }

  async hand(values, bubble) {
    const form = new FormData();
    for (const [name, value] of Object.entries(values)) {
      for (const one of Array.isArray(value) ? value : [value]) if (one !== "" && one != null) form.append(name, one);
    }
    for (let attempt = 0; ; attempt += 1) {
      try {
        const answer = await (await post(this.url, form)).json();
        bubble.remove();
        return this.on.sent(answer.html, values.token);
      } catch (error) {
        if (error instanceof Away || error instanceof LoggedOut) {
          const words = say(error instanceof LoggedOut ? "loggedOut" : "notSent");
          bubble.classList.add("ib-stuck");
          bubble.querySelector(".ib-pending-words").textContent = words;
          await wait(PAUSES[Math.min(attempt, PAUSES.length - 1)]);
          if ("arrived" in bubble.dataset) return this.on.sent("", values.token);
          continue;
        }
        bubble.remove();
        if (error instanceof Answered) return this.on.answered(error, values);
        return this.on.refused(error instanceof Refused ? error.refused : say("failed"), values);
      }
    }
  }
}
