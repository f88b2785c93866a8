// A conversation on a page of its own, or chosen in a list of another page: `data-talk-root` is where it stands.
import { forgetOld } from "./drafts.js";
import { startPolling } from "./poll.js";
import { Talk } from "./talk.js";
import { toast } from "./toast.js";
import { say } from "./words.js";

const root = document.querySelector("[data-talk-root]");
let talk = null;

const poll = startPolling({
  ask: () => {
    if (!talk) return null;
    const query = new URLSearchParams();
    talk.asked(query);
    return query;
  },
  tell: (answer) => talk?.id && talk.told(answer.talk),
  lost: (word) => word && toast(say(word), { bad: true }),
});

function attach() {
  talk?.leave();
  talk = null;
  if (!root.querySelector("[data-talk]")) return;
  talk = new Talk(root, {
    hurry: () => poll.hurry(),
    look: () => poll.look(),
    said: (words, { show = false, bad = false } = {}) => show && toast(words, { bad }),
    gone: () => toast(say("gone"), { bad: true }),
  });
}

const ON = {
  r: () => talk?.composer?.setMode("answer", { focus: true }),
  n: () => talk?.composer?.setMode("note", { focus: true }),
  s: () => talk?.openSnooze(),
  t: () => talk?.openTags(),
  e: () => talk?.act("close"),
};
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  const typing = event.target.matches("input, textarea, select, [contenteditable]");
  if (typing && event.key === "Escape" && root.contains(event.target)) {
    event.stopPropagation();
    event.target.blur();
    return;
  }
  if (typing || event.defaultPrevented || !ON[event.key]) return;
  event.preventDefault();
  ON[event.key]();
});

root.addEventListener("htmx:afterSwap", (event) => event.target === root && attach());
root.addEventListener("talk:left", attach);
setInterval(() => talk?.tick(), 1_000);
setInterval(() => talk?.tickMinute(), 60_000);
forgetOld();
attach();
