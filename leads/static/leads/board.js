// The board of leads: what its parts are is in board/*.js; this file brings them together.
import { board, columns, column, ensureTabStop, isFolded, listOf } from "./board/cards.js";
import { watch, loadMore } from "./board/loading.js";
import { startDragging } from "./board/dragging.js";
import { startKeyboard } from "./board/keyboard.js";
import { startLive } from "./board/live.js";
import { move } from "./board/moving.js";
import { askWhere, words } from "./board/talking.js";

const REMEMBERED = "migochat.board.open";

function opened() {
  try {
    return new Set(JSON.parse(localStorage.getItem(REMEMBERED) || "[]"));
  } catch {
    return new Set();
  }
}

function fold(part, folded) {
  part.toggleAttribute("data-collapsed", folded);
  const button = part.querySelector("[data-board-fold]");
  button.setAttribute("aria-expanded", String(!folded));
  button.setAttribute("aria-label", (folded ? words.expand : words.collapse).replace("{stage}", part.dataset.name));
  button.title = button.getAttribute("aria-label");
}

function startFolding() {
  const open = opened();
  for (const part of columns()) {
    if (part.dataset.kind !== "open") fold(part, !open.has(part.dataset.stage));
  }
  board.addEventListener("click", (event) => {
    const part = event.target.closest(".lb-column:has([data-board-fold])");
    // A folded column opens wherever it is pressed; an open one folds by its button.
    if (!part || !(isFolded(part) || event.target.closest("[data-board-fold]"))) return;
    fold(part, !isFolded(part));
    if (!isFolded(part)) part.scrollIntoView({ block: "nearest", inline: "nearest", behavior: "smooth" });
    const stages = opened();
    stages[isFolded(part) ? "delete" : "add"](part.dataset.stage);
    localStorage.setItem(REMEMBERED, JSON.stringify([...stages]));
    ensureTabStop();
  });
}

function startTabs() {
  const strip = board.querySelector(".lb-columns");
  const tabs = [...board.querySelectorAll("[data-board-tab]")];
  const mark = (slug) => {
    for (const tab of tabs) {
      const here = tab.dataset.boardTab === slug;
      if (here === tab.hasAttribute("aria-current")) continue;
      if (here) tab.setAttribute("aria-current", "true");
      else tab.removeAttribute("aria-current");
      // Only the row of tabs scrolls: scrollIntoView would move the page as well.
      if (here) tab.parentElement.scrollBy({ left: middle(tab) - middle(tab.parentElement), behavior: "smooth" });
    }
  };
  const middle = (element) => element.getBoundingClientRect().left + element.clientWidth / 2;
  const nearest = () => columns().reduce((a, b) => (distance(b) < distance(a) ? b : a));
  const distance = (part) => Math.abs(middle(part) - middle(strip));
  board.addEventListener("click", (event) => {
    const tab = event.target.closest("[data-board-tab]");
    if (!tab) return;
    event.preventDefault();
    strip.scrollBy({ left: middle(column(tab.dataset.boardTab)) - middle(strip), behavior: "smooth" });
  });
  strip.addEventListener("scroll", () => mark(nearest().dataset.stage), { passive: true });
  mark(nearest().dataset.stage);
}

if (!board.hidden) {
  startFolding();
  startTabs();
  for (const part of columns()) watch(listOf(part));
  board.addEventListener("click", async (event) => {
    const more = event.target.closest("[data-board-more]");
    if (more) loadMore(more.closest(".lb-cards"));
    const menu = event.target.closest("[data-board-menu]");
    if (!menu) return;
    const card = menu.closest(".lb-card");
    const to = await askWhere(card);
    if (to) move(card, to);
  });
  ensureTabStop();
  if (board.hasAttribute("data-may-move")) startDragging();
  startKeyboard();
}
startLive();
