// Templates that the platform approved: their blanks become fields, and the text shows what the customer will read.
const BLANK = /\{\{\s*(\d{1,2})\s*\}\}/g;

const places = (text) => [...new Set([...text.matchAll(BLANK)].map((found) => Number(found[1])))].sort((a, b) => a - b);

export function startTemplates(composer, offer) {
  for (const template of offer.querySelectorAll("[data-template]")) {
    const { body, header } = template.dataset;
    const blanks = template.querySelector("[data-template-blanks]");
    const text = template.querySelector("[data-template-text]");
    const fields = (name) => [...blanks.querySelectorAll(`[name=${name}]`)];
    const filled = (words, name) => {
      const order = places(words);
      return words.replace(BLANK, (blank, place) => fields(name)[order.indexOf(Number(place))].value || blank);
    };
    const whole = () => [filled(header, "header"), filled(body, "body")].filter(Boolean).join("\n");
    const show = () => (text.textContent = whole());

    for (const [name, words] of [["header", header], ["body", body]]) {
      for (const place of places(words)) {
        const field = Object.assign(document.createElement("input"), { name, dir: "auto", maxLength: 500 });
        field.placeholder = `{{${place}}}`;
        field.setAttribute("aria-label", `${name} {{${place}}}`);
        blanks.append(field);
      }
    }
    show();
    blanks.addEventListener("input", show);
    template.querySelector("[data-template-send]").addEventListener("click", () => {
      const empty = [...blanks.querySelectorAll("input")].find((field) => !field.value.trim());
      if (empty) return empty.focus();
      const words = (name) => fields(name).map((field) => field.value.trim());
      const values = { content: "template", template: template.dataset.template, body: words("body"), header: words("header") };
      composer.send({ ...values, text: whole() }, { text: whole() });
      template.open = false;
    });
  }
}
