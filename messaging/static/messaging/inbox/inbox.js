// The inbox: the list, the chosen conversation beside it, the keys, and what is new in both.
import { refreshTimes } from "./clock.js";
import { forgetOld } from "./drafts.js";
import { List } from "./list.js";
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
let since = root.dataset.since;
let talk = null;
let opened = "";

// --- opening ---
const addressOf = (id) => {
  const query = new URLSearchParams(root.dataset.query);
  if (id) query.set("open", id);
  return `${root.dataset.page}${String(query) ? `?${query}` : ""}`;
};

async function show(id, { push = true, focus = "" } = {}) {
  talk?.leave();
  talk = null;
  opened = id;
  list.mark(id);
  root.toggleAttribute("data-opened", true);
  if (push) history.pushState(null, "", addressOf(id));
  pane.setAttribute("aria-busy", "true");
  if (isPhone.matches) window.scrollTo(0, 0);
  try {
    const html = await getText(root.dataset.talk.replace("/0/", `/${id}/`));
    if (opened !== id) return;
    pane.innerHTML = html;
    pane.removeAttribute("data-side");
    talk = new Talk(pane, {
      hurry: () => poll.hurry(),
      look: () => poll.look(),
      said: speak,
      gone: () => lose(id),
    });
    if (focus) talk.composer?.setMode(focus, { focus: true });
    poll.look();
  } catch (error) {
    if (opened === id) (error.gone ? lose(id) : toast(say("failed"), { bad: true }));
  }
  pane.removeAttribute("aria-busy");
}

function close({ push = true } = {}) {
  const id = opened;
  talk?.leave();
  talk = null;
  opened = "";
  pane.replaceChildren(nobody.content.cloneNode(true));
  list.mark("");
  root.toggleAttribute("data-opened", false);
  if (push) history.pushState(null, "", addressOf(""));
  list.link(list.row(id))?.focus();
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
  const id = new URLSearchParams(location.search).get("open") || "";
  if (/^\d{1,18}$/.test(id)) show(id, { push: false });
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
  if (link || back) event.preventDefault();
  if (link) show(link.closest(".ib-row").dataset.id);
  else if (back) close();
});

function walk(step) {
  const row = list.neighbour(opened, step);
  if (!row) return;
  list.link(row).scrollIntoView({ block: "nearest" });
  show(row.dataset.id, { push: true });
}

async function resolve(next) {
  if (!talk) return;
  const row = next && (list.neighbour(opened, 1) || list.neighbour(opened, -1));
  if ((await talk.act("close")) && row) show(row.dataset.id);
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
  Escape: () => opened && close(),
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
