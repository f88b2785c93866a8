// Canned replies at the field for an answer: a slash and a word of one, arrows to choose, Enter to put it in.
//
// The composer tells by `composer:slash` what stands behind the slash (`words`; null: nothing any more), in which `conversation`,
// where a list may be shown (`picker`), and how to put a text in the place of the slash and the word (`insert`).
const WAIT = 120; // milliseconds without a key before the server is asked
const script = document.querySelector("script[data-canned-replies]");
const { cannedReplies: address, none, missing: missingWords, failed } = script.dataset;

let open = null; // what the list that is shown belongs to: { picker, insert, field, words }
let timer = 0;
let asked = 0; // the newest question; answers to older ones are of no matter
let dismissed = ""; // what was typed when somebody closed the list

const options = () => [...open.picker.querySelectorAll("[role=option]")];
const chosen = () => options().findIndex((option) => option.getAttribute("aria-selected") === "true");

function element(name, attributes, ...children) {
  const made = Object.assign(document.createElement(name), attributes);
  made.append(...children);
  return made;
}

function close() {
  clearTimeout(timer);
  asked += 1;
  if (!open) return;
  open.picker.hidden = true;
  open.picker.replaceChildren();
  open.field.removeAttribute("aria-activedescendant");
  open.field.removeAttribute("aria-controls");
  open = null;
}

function select(place) {
  options().forEach((option, number) => {
    option.setAttribute("aria-selected", String(number === place));
    if (number !== place) return;
    option.scrollIntoView({ block: "nearest" });
    open.field.setAttribute("aria-activedescendant", option.id);
  });
}

function line(reply) {
  const name = element("span", { className: "cr-name" }, element("bdi", { textContent: reply.title }));
  const short = element("bdi", { className: "cr-short", textContent: `/${reply.shortcut}` });
  const text = element("span", { className: "cr-text", dir: "auto", textContent: reply.text });
  const option = element("div", { className: "cr-option", id: `canned-${reply.id}` }, name, short, text);
  option.setAttribute("role", "option");
  if (reply.file) {
    const icon = element("span", { className: "material-symbols-outlined", textContent: "attach_file" });
    icon.setAttribute("aria-hidden", "true");
    option.append(element("span", { className: "cr-file" }, icon, element("bdi", { textContent: reply.file.name })));
  }
  if (reply.missing.length) {
    option.append(element("span", { className: "cr-missing", textContent: `${missingWords} ${reply.missing.join(", ")}` }));
  }
  option.reply = reply;
  return option;
}

function tell(words) {
  open.picker.replaceChildren(element("p", { className: "cr-none", textContent: words }));
  open.picker.hidden = false;
}

function show(replies) {
  if (!replies.length) return tell(none);
  open.picker.replaceChildren(...replies.map(line));
  open.picker.setAttribute("role", "listbox");
  open.picker.id ||= "canned-replies";
  open.field.setAttribute("aria-controls", open.picker.id);
  open.picker.hidden = false;
  select(0);
}

async function ask({ conversation, words }) {
  const question = ++asked;
  try {
    const answer = await fetch(`${address}?${new URLSearchParams({ conversation, q: words })}`, {
      headers: { Accept: "application/json" },
    });
    if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
    const { replies } = await answer.json();
    if (question === asked && open) show(replies);
  } catch {
    if (question === asked && open) tell(failed);
  }
}

// A file is dropped into the composer, which checks it as any other that somebody drops there.
async function drop(file, form) {
  const answer = await fetch(file.url);
  if (!answer.ok) throw new Error(String(answer.status));
  const carried = new DataTransfer();
  carried.items.add(new File([await answer.blob()], file.name, { type: file.type }));
  form.dispatchEvent(new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer: carried }));
}

async function take(option) {
  if (!option) return;
  const { insert, form, picker, field, words } = open;
  close();
  insert(option.reply.text);
  if (!option.reply.file) return;
  try {
    await drop(option.reply.file, form);
  } catch {
    open = { picker, insert, field, form, words };
    tell(failed);
  }
}

document.addEventListener("composer:slash", (event) => {
  const { words, conversation, picker, insert } = event.detail;
  if (words === null) dismissed = "";
  if (words === null || (dismissed && `/${words}`.startsWith(dismissed))) return close();
  clearTimeout(timer);
  open = { picker, insert, words, form: event.target, field: event.target.querySelector("textarea") };
  timer = setTimeout(ask, WAIT, { conversation, words });
});

document.addEventListener(
  "keydown",
  (event) => {
    if (!open || open.picker.hidden || event.target !== open.field || event.isComposing) return;
    const all = options();
    const steps = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key === "Escape") {
      dismissed = `/${open.words}`;
      close();
    } else if (steps[event.key] && all.length) {
      select((chosen() + steps[event.key] + all.length) % all.length);
    } else if ((event.key === "Enter" || event.key === "Tab") && !event.shiftKey && all.length) {
      take(all[chosen()]);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  },
  true, // before the composer sends what was typed
);

// `mousedown`, so that the field keeps the place where the text goes.
document.addEventListener("mousedown", (event) => {
  if (!open || open.picker.hidden) return;
  const option = event.target.closest("[role=option]");
  if (option && open.picker.contains(option)) {
    event.preventDefault();
    take(option);
  } else if (!open.picker.contains(event.target) && event.target !== open.field) close();
});
