// Colleagues behind a @ in a note: arrows choose one, Enter or Tab puts their name in, and who may not see the customer is told apart.
import { getJson } from "./net.js";
import { Options } from "./options.js";
import { say } from "./words.js";

const WAIT = 120; // milliseconds without a key before the server is asked
const WORD = "[\\p{L}\\p{M}\\p{N}_'’.+\\u0640-]";
const NAMED = new RegExp(`(?<![\\p{L}\\p{N}_@.])@(${WORD}*(?: ${WORD}*){0,3})$`, "u"); // behind the caret's place, a few words of a name

export function startMentions(composer) {
  const { form, field } = composer;
  const list = composer.part("picker");
  const options = new Options(field, list);
  let open = null; // where the sign stands that the list belongs to
  let settled = null; // where one stands that was chosen for, or whose list was closed
  let asked = 0; // the newest question; answers to older ones are of no matter
  let timer = 0;

  function close() {
    clearTimeout(timer);
    asked += 1;
    if (open === null) return;
    open = null;
    options.choose(undefined);
    field.removeAttribute("aria-controls");
    list.hidden = true;
    list.replaceChildren();
  }

  function take({ dataset }) {
    const from = open;
    close();
    settled = from;
    composer.insert(`${dataset.mention} `, from, field.selectionStart);
  }

  function line({ id, name, mention, may_see: maySee }) {
    const option = Object.assign(document.createElement("div"), { className: "ib-mention", id: `ib-colleague-${id}` });
    option.setAttribute("role", "option");
    option.dataset.mention = mention;
    const parts = [["bdi", name, ""], ["bdi", mention, "ib-handle"], ...(maySee ? [] : [["span", say("mayNotSee"), "ib-untold"]])];
    option.append(...parts.map(([tag, textContent, className]) => Object.assign(document.createElement(tag), { textContent, className })));
    return option;
  }

  function show(colleagues, from) {
    if (!colleagues.length) return close();
    open = from;
    list.replaceChildren(...colleagues.map(line));
    list.id ||= "ib-colleagues";
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", say("colleagues"));
    field.setAttribute("aria-controls", list.id);
    list.hidden = false;
    options.choose(options.all()[0]);
  }

  async function ask(words, from) {
    const question = ++asked;
    const query = new URLSearchParams({ customer: form.dataset.customer, q: words });
    try {
      const { colleagues } = await getJson(`${form.dataset.colleagues}?${query}`);
      if (question === asked) show(colleagues, from);
    } catch {
      if (question === asked) close(); // a name can be typed without the list
    }
  }

  field.addEventListener("input", (event) => {
    const found = composer.mode === "note" && !event.isComposing && NAMED.exec(field.value.slice(0, field.selectionStart));
    if (!found) settled = null;
    if (!found || found.index === settled) return close();
    clearTimeout(timer);
    timer = setTimeout(ask, WAIT, found[1], found.index);
  });
  // On the form and on the way down: before the field itself sends what was typed.
  form.addEventListener(
    "keydown",
    (event) => {
      if (open === null || event.target !== field) return;
      if (event.key === "Escape") {
        settled = open;
        close();
        event.preventDefault();
        event.stopPropagation();
      } else options.key(event, take);
    },
    true,
  );
  // `mousedown`, so that the field keeps the place where the name goes.
  list.addEventListener("mousedown", (event) => {
    const option = open !== null && event.target.closest("[role=option]");
    if (!option) return;
    event.preventDefault();
    take(option);
  });
  field.addEventListener("blur", close);
  return { close };
}
