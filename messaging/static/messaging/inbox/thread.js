// The bubbles of a conversation: what is new or changed takes its place, and whoever reads further up is left where they are.
import { fragment } from "./net.js";

const NEAR = 60; // pixels from the end that still count as there

export class Thread {
  constructor(talk) {
    this.list = talk.querySelector("[data-talk-thread]");
    this.scroll = talk.querySelector("[data-talk-scroll]");
    this.down = talk.querySelector("[data-talk-down]");
    this.down.addEventListener("click", () => this.toEnd());
    this.scroll.addEventListener("scroll", () => this.atEnd() && (this.down.hidden = true), { passive: true });
  }

  // The scroller begins at its end (column-reverse): there its position is 0, further up it is negative.
  atEnd() {
    return this.scroll.scrollTop > -NEAR;
  }

  toEnd() {
    this.scroll.scrollTop = 0;
    this.down.hidden = true;
  }

  // Show the message that was searched for in the middle.
  toMarked() {
    const marked = this.list.querySelector(".mc-marked");
    if (!marked) return;
    const middle = (element) => element.getBoundingClientRect().top + element.clientHeight / 2;
    this.scroll.scrollTop += middle(marked) - middle(this.scroll);
  }

  items() {
    return [...this.list.querySelectorAll(":scope > [data-at]")];
  }

  newest() {
    const ids = [...this.list.querySelectorAll(":scope > article[id^=m]")].map((one) => Number(one.id.slice(1)));
    return ids.length ? Math.max(...ids) : 0;
  }

  newestByTime() {
    const found = [...this.list.querySelectorAll(":scope > article[id^=m]")];
    return found.length ? found[found.length - 1].id.slice(1) : "";
  }

  // Put what the server shows into the thread. Return the articles that were not there.
  merge(html, { ours = false } = {}) {
    const stayed = this.atEnd() || ours;
    const anchor = stayed ? null : this.items().find((one) => one.getBoundingClientRect().bottom > this.scroll.getBoundingClientRect().top);
    const before = anchor?.getBoundingClientRect().top;
    const added = [];
    let day = null;
    for (const part of [...fragment(html).children]) {
      if (part.matches(".mc-day[data-day]")) day = part;
      if (!part.dataset.at) continue;
      const known = part.id && this.list.querySelector(`:scope > #${CSS.escape(part.id)}`);
      if (known) {
        if (known.dataset.v !== part.dataset.v) known.replaceWith(part);
      } else {
        this.insert(part, day);
        added.push(part);
      }
    }
    this.list.querySelector("[data-talk-empty]")?.remove();
    if (stayed) this.toEnd();
    else if (anchor?.isConnected) this.scroll.scrollTop += anchor.getBoundingClientRect().top - before;
    if (!stayed && added.some((one) => one.matches(".mc-theirs"))) this.down.hidden = false;
    return added;
  }

  insert(part, day) {
    const at = Number(part.dataset.at);
    const pending = part.dataset.token && this.list.querySelector(`:scope > .ib-pending[data-token="${part.dataset.token}"]`);
    if (pending) {
      pending.dataset.arrived = ""; // the server has it, though it could not say so
      pending.remove();
    }
    const behind = this.items().reverse().find((one) => Number(one.dataset.at) <= at);
    const waiting = this.list.querySelector(":scope > .ib-pending");
    if (behind) behind.after(part);
    else if (waiting) waiting.before(part);
    else this.list.append(part);
    if (day && !this.list.querySelector(`[data-day="${day.dataset.day}"]`)) part.before(day);
    part.classList.add("ib-fresh");
  }

  append(bubble) {
    this.list.append(bubble);
    this.list.querySelector("[data-talk-empty]")?.remove();
    this.toEnd();
  }
}
