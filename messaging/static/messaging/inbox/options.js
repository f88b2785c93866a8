// A list of options that belongs to a field: one of them is chosen by the arrows, and the field says which.
export class Options {
  constructor(field, list) {
    this.field = field;
    this.list = list;
  }

  all() {
    return [...this.list.querySelectorAll("[role=option]:not([hidden])")];
  }

  chosen() {
    return this.all().find((option) => option.getAttribute("aria-selected") === "true");
  }

  choose(chosen) {
    for (const option of this.list.querySelectorAll("[role=option]")) option.setAttribute("aria-selected", String(option === chosen));
    if (!chosen) return this.field.removeAttribute("aria-activedescendant");
    this.field.setAttribute("aria-activedescendant", chosen.id);
    chosen.scrollIntoView({ block: "nearest" });
  }

  // Return whether the key was one of the list's: arrows choose, Enter and Tab take.
  key(event, take) {
    const all = this.all();
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!all.length || event.isComposing || event.shiftKey) return false;
    if (step) this.choose(all[(all.indexOf(this.chosen()) + step + all.length) % all.length]);
    else if ((event.key === "Enter" || event.key === "Tab") && this.chosen()) take(this.chosen());
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  }
}
