// Choosing a reaction to a message of theirs, by mouse, touch or keys: a row of emoji that opens beside the bubble's button.
const MARGIN = 8; // pixels to the window's edge

export class Reactions {
  constructor(talk, choose) {
    this.talk = talk;
    this.menu = talk.querySelector("[data-talk-reactions]");
    this.choose = choose;
    this.menu.addEventListener("click", (event) => this.clicked(event.target.closest("button")));
    this.menu.addEventListener("keydown", (event) => this.pressed(event));
  }

  open(bubble, button) {
    const known = (this.talk.querySelector("[data-offer]")?.dataset.reactions || "").split(" ").filter(Boolean);
    if (!known.length) return;
    const own = bubble.querySelector(".ib-own-reaction")?.dataset.emoji;
    this.at = bubble.id; // the bubble itself may be replaced meanwhile
    this.menu.replaceChildren(...known.map((emoji) => this.item(emoji, emoji === own)));
    this.menu.showPopover();
    const { left, top, bottom, width } = button.getBoundingClientRect();
    const box = this.menu.getBoundingClientRect();
    const x = Math.min(Math.max(left + width / 2 - box.width / 2, MARGIN), window.innerWidth - box.width - MARGIN);
    const y = top - box.height - 4 > MARGIN ? top - box.height - 4 : bottom + 4;
    Object.assign(this.menu.style, { left: `${x}px`, top: `${y}px` });
    (this.menu.querySelector("[aria-checked=true]") || this.menu.firstElementChild).focus();
  }

  item(emoji, chosen) {
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: emoji });
    button.setAttribute("role", "menuitemradio");
    button.setAttribute("aria-checked", String(chosen));
    if (chosen) button.title = this.menu.dataset.takeOff;
    return button;
  }

  clicked(button) {
    if (!button) return;
    const bubble = this.talk.querySelector(`#${this.at}`);
    this.menu.hidePopover();
    if (bubble) this.choose(bubble, button.getAttribute("aria-checked") === "true" ? "" : button.textContent);
  }

  pressed(event) {
    const items = [...this.menu.children];
    const forward = getComputedStyle(this.menu).direction === "rtl" ? "ArrowLeft" : "ArrowRight";
    const step = { [forward]: 1, ArrowDown: 1, ArrowUp: -1, Tab: event.shiftKey ? -1 : 1 }[event.key] ?? (/^Arrow/.test(event.key) ? -1 : 0);
    event.stopPropagation(); // the inbox has letters and Escape of its own
    if (event.key === "Escape") {
      event.preventDefault();
      this.menu.hidePopover();
      this.talk.querySelector(`#${this.at} [data-talk-react]`)?.focus();
    }
    if (!step) return;
    event.preventDefault();
    items[(items.indexOf(document.activeElement) + step + items.length) % items.length].focus();
  }
}
