// The inbox: the list, the chosen conversation beside it, the keys, and what is new in both.
import { refreshTimes } from "./clock.js";
import { forgetOld } from "./drafts.js";
import { Hits } from "./hits.js";
import { List, neighbour } from "./list.js";
import { getText } from "./net.js";
import { showUnread, startNotifying } from "./notify.js";
import { startPolling } from "./poll.js";
import { Talk } from "./talk.js";
import { toast } from "./toast.js";
import { say } from "./words.js";

const root = document.querySelector("[data-ib]");
const pane = root.querySelector("[data-talk-root]");
const said = root.querySelector("[data-ib-said]");
const lostLine = root.querySelector("[data-ib-lost]");
const nobody = document.querySelector("[data-ib-nobody]");
const isPhone = window.matchMedia("(max-width: 1023px)");
const list = new List(root);
const hits = new Hits(root);
let since = root.dataset.since;
let talk = null;
let opened = "";
let found = ""; // the message of it that a search found

// --- opening ---
const addressOf = (id, message) => {
  const query = new URLSearchParams(root.dataset.query);
  if (id) query.set("open", id);
  if (message) query.set("message", message);
  return `${root.dataset.page}${String(query) ? `?${query}` : ""}`;
};

async function show(id, { message = "", push = true, focus = "" } = {}) {
  talk?.leave();
  talk = null;
  opened = id;
  found = message;
  list.mark(message ? "" : id);
  hits.mark(message);
  root.toggleAttribute("data-opened", true);
  if (push) history.pushState(null, "", addressOf(id, message));
  pane.setAttribute("aria-busy", "true");
  if (isPhone.matches) window.scrollTo(0, 0);
  try {
    const html = await getText(root.dataset.talk.replace("/0/", `/${id}/`) + (message && `?around=${message}`));
    if (opened !== id || found !== message) return;
    pane.innerHTML = html;
    pane.removeAttribute("data-side");
    talk = new Talk(pane, {
      hurry: () => poll.hurry(),
      look: () => poll.look(),
      said: speak,
      gone: () => lose(id),
    });
    if (message) talk.thread.toMarked();
    if (focus) talk.composer?.setMode(focus, { focus: true });
    poll.look();
  } catch (error) {
    if (opened === id) (error.gone ? lose(id) : toast(say("failed"), { bad: true }));
  }
  pane.removeAttribute("aria-busy");
}

function close({ push = true } = {}) {
  const row = current();
  talk?.leave();
  talk = null;
  opened = found = "";
  pane.replaceChildren(nobody.content.cloneNode(true));
  list.mark("");
  hits.mark("");
  root.toggleAttribute("data-opened", false);
  if (push) history.pushState(null, "", addressOf(""));
  list.link(row)?.focus();
}

function lose(id) {
  toast(say("gone"), { bad: true });
  if (opened === id) close();
}

function speak(words, { show: shown = false, bad = false } = {}) {
  if (shown) toast(words, { bad });
  else said.textContent = words;
}

function follow() {
  const query = new URLSearchParams(location.search);
  const numbers = ["open", "message"].map((name) => query.get(name) || "");
  const [id, message] = numbers.map((text) => (/^\d{1,18}$/.test(text) ? text : ""));
  if (id) show(id, { message, push: false });
  else if (opened) close({ push: false });
}

// --- what is new ---
const notify = startNotifying(document.querySelector("[data-ib-notify]"), show);

async function renewList(changed) {
  const { fresh, answer } = await list.renew(changed);
  if (!answer) return;
  if (answer.unread !== null) showUnread(answer.unread);
  list.setCounts(answer.counts);
  const elsewhere = fresh.filter((row) => row.dataset.id !== opened || document.hidden);
  if (elsewhere.length) said.textContent = say("newMessage", elsewhere[0].querySelector(".mc-name").textContent);
  notify(elsewhere);
}

const poll = startPolling({
  ask: () => {
    const query = new URLSearchParams(root.dataset.query);
    query.set("since", since);
    query.set("shown", list.shown().join(","));
    talk?.asked(query);
    return query;
  },
  tell: async (answer) => {
    const asked = talk;
    await Promise.all([answer.changed?.length && renewList(answer.changed), asked && answer.talk !== undefined && asked.told(answer.talk)]);
    since = answer.since;
  },
  lost: (word) => {
    lostLine.hidden = !word;
    lostLine.textContent = word && say(word);
  },
});

// --- pointer and keys ---
document.addEventListener("click", (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  const link = event.target.closest(".ib-link");
  const back = event.target.closest("[data-ib-back]");
  const newest = event.target.closest("[data-talk-newest]");
  if (link || back || newest) event.preventDefault();
  if (link) showRow(link.closest("[data-id]"));
  else if (back) close();
  else if (newest) show(opened);
});

const showRow = ({ dataset: { id, message } }) => show(id, { message });
const everyRow = () => [...list.rows(), ...hits.rows()];
const current = () => hits.row(found) || list.row(opened);

function walk(step) {
  const row = neighbour(everyRow(), current(), step);
  if (!row) return;
  list.link(row).scrollIntoView({ block: "nearest" });
  showRow(row);
}

// Up and down among what is found, from the field with the words on: what has the focus, Enter opens.
const words = root.querySelector("[name=q]");
function step(event) {
  const [from, way] = [event.target.closest(".ib-link, [name=q]"), { ArrowDown: 1, ArrowUp: -1 }[event.key]];
  if (!from || !way) return;
  const row = neighbour(everyRow(), from.closest("[data-id]"), way);
  if (!row && (from === words || way > 0)) return;
  event.preventDefault();
  const to = row ? list.link(row) : words;
  to.focus({ preventScroll: true });
  to.scrollIntoView({ block: "nearest" });
}
root.addEventListener("keydown", step);

function leave() {
  if (opened) close();
  else root.querySelector("[data-ib-stop]")?.click();
}

async function resolve(next) {
  if (!talk) return;
  const row = next && (neighbour(everyRow(), current(), 1) || neighbour(everyRow(), current(), -1));
  if ((await talk.act("close")) && row) showRow(row);
}

const ON = {
  j: () => walk(1),
  k: () => walk(-1),
  r: () => talk?.composer?.setMode("answer", { focus: true }),
  n: () => talk?.composer?.setMode("note", { focus: true }),
  a: () => talk?.act("assign"),
  e: () => resolve(false),
  E: () => resolve(true),
  s: () => talk?.openSnooze(),
  t: () => talk?.openTags(),
  Escape: leave,
};
let menuWasOpen = false; // the script of menus closes them before we are asked
document.addEventListener("keydown", () => (menuWasOpen = Boolean(document.querySelector("details[data-mc-menu][open]"))), true);
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || document.querySelector("dialog[open]")) return;
  const typing = event.target.matches("input, textarea, select, [contenteditable]");
  if (typing && event.key !== "Escape") return;
  if (event.key === "Escape" && menuWasOpen) return;
  const act = ON[event.key];
  if (!act) return;
  event.preventDefault();
  if (typing) event.target.blur();
  else act();
});

window.addEventListener("popstate", follow);
setInterval(() => talk?.tick(), 1_000);
setInterval(() => refreshTimes(root), 60_000);
showUnread(Number(root.dataset.unread));
forgetOld();
follow();
if (words.matches("[data-ib-search-now]")) words.focus();
words.form.addEventListener("submit", () => {
  for (const field of words.form.elements) if (field.name && !field.value) field.disabled = true; // a short address
});
