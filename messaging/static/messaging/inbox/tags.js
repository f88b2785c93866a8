// The tags of the customer: a menu with a field puts one on, a cross takes it off.
import { Refused, fragment, getText, post } from "./net.js";
import { Options } from "./options.js";
import { say } from "./words.js";

// Near enough to how the server compares; it has the last word on which tag a name means.
const ALIKE = { ى: "ي", ة: "ه", ٱ: "ا", ک: "ك", ی: "ي" };
const plain = (text) =>
  text
    .normalize("NFKD")
    .replace(/[\p{M}\u0640\u0621]/gu, "")
    .replace(/[ىةٱکی]/g, (letter) => ALIKE[letter])
    .toLowerCase()
    .trim();

export class Tags {
  constructor(root, { said, signal }) {
    this.root = root;
    this.said = said;
    root.addEventListener("toggle", (event) => event.target.matches?.("[data-tag-menu]") && this.toggled(event.target), { capture: true, signal });
    root.addEventListener("input", (event) => event.target.matches("[data-tag-menu] input") && this.filter(), { signal });
    root.addEventListener("keydown", (event) => event.target.matches("[data-tag-menu] input") && this.options().key(event, (option) => this.take(option)), { signal });
    root.addEventListener("click", (event) => this.clicked(event), { signal });
  }

  part(name) {
    return this.root.querySelector(`[data-tag${name}]`);
  }

  field() {
    return this.part("-menu").querySelector("input");
  }

  options() {
    return new Options(this.field(), this.part("-choices"));
  }

  open() {
    const menu = this.part("-menu");
    if (menu) menu.open = true;
  }

  async toggled(menu) {
    if (!menu.open) return;
    this.field().focus();
    this.part("-choices").innerHTML = await getText(this.part("s").dataset.tags);
    this.filter();
  }

  filter() {
    const [list, typed] = [this.part("-choices"), plain(this.field().value)];
    list.querySelector("[data-new]")?.remove();
    let same = typed === "";
    for (const option of list.children) {
      const name = plain(option.textContent);
      option.hidden = !name.includes(typed);
      same ||= name === typed;
    }
    const has = [...this.root.querySelectorAll("[data-tags] .mc-chip a")].some((tag) => plain(tag.textContent) === typed);
    if (!same && !has && "mayMake" in this.part("s").dataset) list.append(this.offerNew());
    const options = this.options();
    this.part("-none").hidden = options.all().length > 0;
    options.choose(typed ? options.all()[0] : undefined);
  }

  offerNew() {
    const option = Object.assign(document.createElement("div"), { id: "ib-tag-new", textContent: say("newTag", this.field().value.trim()) });
    option.setAttribute("role", "option");
    option.dataset.new = this.field().value.trim();
    return option;
  }

  clicked(event) {
    const option = event.target.closest("[data-tag-choices] [role=option]");
    const off = event.target.closest("[data-tag-off]");
    if (option) this.take(option);
    else if (off) this.put({ tag: off.dataset.tagOff, off: "1" });
  }

  take(option) {
    return this.put(option.dataset.new ? { name: option.dataset.new } : { tag: option.dataset.tag });
  }

  async put(values) {
    const place = this.part("s");
    try {
      const answer = await (await post(place.dataset.tags, values)).json();
      if (!place.isConnected) return;
      place.replaceWith(fragment(answer.html));
      this.part("-menu").querySelector("summary").focus();
    } catch (error) {
      this.said(error instanceof Refused ? error.refused : say("failed"), { show: true, bad: true });
    }
  }
}
