// Templates that the platform approved: their blanks become fields, and the text shows what the customer will read.
import { say } from "./words.js";

const BLANK = /\{\{\s*(\d{1,2}|[A-Za-z_]\w*)\s*\}\}/g;

// Each blank once: in the order of their numbers, or in that of the text where they have names; as the server counts them.
export function places(text) {
  const found = [...new Set([...text.matchAll(BLANK)].map((blank) => blank[1]))];
  return found.every((name) => /^\d+$/.test(name)) ? found.sort((one, other) => one - other) : found;
}

export function startTemplates(composer, offer) {
  for (const template of offer.querySelectorAll("[data-template]")) new Filling(composer, template);
}

class Filling {
  constructor(composer, template) {
    this.composer = composer;
    this.template = template;
    this.blanks = template.querySelector("[data-template-blanks]");
    this.head = template.querySelector("[data-template-head]");
    for (const [name, words] of this.texts()) for (const place of places(words)) this.blanks.append(this.field(name, place));
    this.show();
    this.blanks.addEventListener("input", () => this.show());
    const chooser = this.head?.querySelector("[data-template-file]");
    // Known already: Unfold's script would look for a text field beside each other file field.
    if (chooser) Object.assign(chooser, { hasChangeListener: true }).addEventListener("change", () => this.choose(chooser));
    template.querySelector("[data-template-send]").addEventListener("click", () => this.send());
  }

  texts() {
    const { header, body } = this.template.dataset;
    return [
      ["header", header],
      ["body", body],
    ];
  }

  field(name, place) {
    const field = Object.assign(document.createElement("input"), { name, dir: "auto", maxLength: 500 });
    field.placeholder = /^\d+$/.test(place) ? `{{${place}}}` : place.replaceAll("_", " ");
    field.setAttribute("aria-label", /^\d+$/.test(place) ? `${name} {{${place}}}` : field.placeholder);
    return field;
  }

  fields(name) {
    return [...this.template.querySelectorAll(`[name=${name}]`)];
  }

  whole() {
    const filled = ([name, words]) => {
      const [order, fields] = [places(words), this.fields(name)];
      return words.replace(BLANK, (blank, place) => fields[order.indexOf(place)].value || blank);
    };
    return [...this.texts().map(filled), this.template.dataset.footer].filter(Boolean).join("\n");
  }

  show() {
    this.template.querySelector("[data-template-text]").textContent = this.whole();
  }

  get file() {
    return this.head?.querySelector("[data-template-file]").files[0];
  }

  choose(field) {
    const [file, name] = [field.files[0], this.head.querySelector("[data-template-file-name]")];
    const { most, mostPicture } = this.composer.offer;
    const bound = Number(file?.type.startsWith("image/") ? mostPicture : most);
    const wrong = file && (!field.accept.split(",").includes(file.type) ? say("wrongKind") : file.size > bound && say("tooBig", Math.floor(bound / 1024 / 1024)));
    Object.assign(this.composer.part("refused"), { textContent: wrong || "", hidden: !wrong });
    if (wrong) field.value = "";
    name.dataset.usual ??= name.textContent;
    name.textContent = this.file?.name ?? name.dataset.usual;
  }

  send() {
    const [link] = this.fields("link");
    const [file, address] = [this.file, link?.value.trim()];
    if (this.head && !file && !address) return link.focus();
    const empty = ["header", "body", "end"].flatMap((name) => this.fields(name)).find((field) => !field.value.trim());
    if (empty) return empty.focus();
    const words = (name) => this.fields(name).map((field) => field.value.trim());
    const values = { content: "template", template: this.template.dataset.template, body: words("body"), header: words("header"), end: words("end") };
    if (this.head) Object.assign(values, file ? { file } : { link: address });
    this.composer.send({ ...values, text: this.whole() }, { text: this.whole(), file });
    this.template.open = false;
  }
}
