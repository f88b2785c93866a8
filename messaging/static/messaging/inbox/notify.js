// The number of unread conversations in the title of the tab, and a word on the desktop where somebody asked for it.
import { say } from "./words.js";

const WANTED = "migochat.inbox.notify";
const title = document.title;

export function showUnread(count) {
  document.title = count ? `(${count > 99 ? "99+" : count}) ${title}` : title;
}

export function startNotifying(button, open) {
  const possible = "Notification" in window && window.isSecureContext;
  const wanted = () => possible && Notification.permission === "granted" && localStorage.getItem(WANTED) === "1";
  const show = () => {
    button.setAttribute("aria-pressed", String(wanted()));
    button.querySelector("span").textContent = wanted() ? "notifications_active" : "notification_add";
  };
  if (button && possible) {
    button.hidden = Notification.permission === "denied";
    button.addEventListener("click", async () => {
      const on = !wanted();
      if (on && Notification.permission !== "granted") await Notification.requestPermission();
      localStorage.setItem(WANTED, on && Notification.permission === "granted" ? "1" : "0");
      button.hidden = Notification.permission === "denied";
      show();
    });
    show();
  }
  // What they wrote is not in it: a desktop shows it to whoever passes by.
  return (rows) => {
    if (!wanted() || (!document.hidden && document.hasFocus())) return;
    for (const row of rows.slice(0, 3)) {
      const note = new Notification(say("newMessage", row.querySelector(".mc-name").textContent), { tag: `migochat-${row.dataset.id}` });
      note.addEventListener("click", () => {
        window.focus();
        open(row.dataset.id);
        note.close();
      });
    }
  };
}
