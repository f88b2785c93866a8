// How long the text is, as the platform counts, once it comes near to what one message of it takes.
import { say } from "./words.js";

const NEAR = 0.8; // of what is taken
const COUNT = {
  letters: (text) => [...text].length,
  bytes: (text) => new TextEncoder().encode(text).length,
  utf16: (text) => text.length,
};
const kindOf = (file) => /^(image|video|audio)\//.exec(file.type)?.[1] ?? "file";

export class Counter {
  constructor(composer) {
    this.composer = composer;
    this.place = composer.part("count");
  }

  limit() {
    const { mode, offer, panels } = this.composer;
    if (mode === "note") return [Number(this.place.dataset.note), "letters"];
    const content = this.composer.content();
    return JSON.parse(offer.limits || "{}")[content === "media" ? `media:${kindOf(panels.file)}` : content];
  }

  // Show it, and return whether the text is too long.
  show() {
    const [most, unit] = this.limit() ?? [Infinity, "letters"];
    const length = COUNT[unit](this.composer.field.value.trim());
    this.place.hidden = length < most * NEAR;
    // The figures stand in one order, whichever way the words run.
    this.place.classList.toggle("ib-soon", length > most);
    const words = say(unit === "bytes" ? "bytes" : "letters", `\u2066${length.toLocaleString()} / ${most.toLocaleString()}\u2069`);
    if (!this.place.hidden && this.place.textContent !== words) this.place.textContent = words;
    return length > most;
  }
}
