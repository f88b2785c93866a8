// Canned replies at the field for an answer: a slash and a word of one, arrows to choose, Enter to put it in.
//
// The composer tells by `composer:slash` what stands behind the slash (`words`; null: nothing any more), in which `conversation`,
// where a list may be shown (`picker`), and how to put a text in the place of the slash and the word (`insert`).
import { Options } from "../inbox/options.js";

const WAIT = 120; // milliseconds without a key before the server is asked
const script = document.querySelector("script[data-canned-replies]");
const { cannedReplies: address, none, missing: missingWords, failed } = script.dataset;

let open = null; // what the list that is shown belongs to: { picker, options, insert, form, field, words }
let timer = 0;
let asked = 0; // the newest question; answers to older ones are of no matter
let dismissed = ""; // what was typed when somebody closed the list

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
  open.options.choose(undefined);
  open.picker.replaceChildren();
  open.field.removeAttribute("aria-controls");
  open = null;
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
  open.options.choose(open.options.all()[0]);
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

async function take({ reply }) {
  const taken = open;
  close();
  taken.insert(reply.text);
  if (!reply.file) return;
  try {
    await drop(reply.file, taken.form);
  } catch {
    open = taken;
    tell(failed);
  }
}

document.addEventListener("composer:slash", (event) => {
  const { words, conversation, picker, insert } = event.detail;
  if (words === null) dismissed = "";
  if (words === null || (dismissed && `/${words}`.startsWith(dismissed))) return close();
  clearTimeout(timer);
  const field = event.target.querySelector("textarea");
  open = { picker, options: new Options(field, picker), insert, words, form: event.target, field };
  timer = setTimeout(ask, WAIT, { conversation, words });
});

document.addEventListener(
  "keydown",
  (event) => {
    if (!open || open.picker.hidden || event.target !== open.field || event.isComposing) return;
    if (event.key !== "Escape") return open.options.key(event, take);
    dismissed = `/${open.words}`;
    close();
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
