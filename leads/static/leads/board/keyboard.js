// The board by keyboard: arrows go from card to card, Space picks one up, Enter drops it, Escape leaves it, M asks where to.
import { board, cardsOf, column, columnOf, columns, ensureTabStop, isFolded, nameOf } from "./cards.js";
import { move } from "./moving.js";
import { announce, askWhere, isRightToLeft, words } from "./talking.js";

let lifted = null; // {card, to}
export const isLifted = () => lifted !== null;

const step = (key) => {
  const forwards = isRightToLeft() ? "ArrowLeft" : "ArrowRight";
  return { [forwards]: 1, [forwards === "ArrowLeft" ? "ArrowRight" : "ArrowLeft"]: -1 }[key] || 0;
};

function focus(card) {
  if (!card) return;
  const link = card.querySelector(".lb-open");
  ensureTabStop(link);
  link.focus();
  card.scrollIntoView({ block: "nearest", inline: "nearest" });
}

function walk(card, key) {
  const here = columnOf(card);
  const cards = cardsOf(here);
  const index = cards.indexOf(card);
  if (key === "ArrowDown") return focus(cards[index + 1]);
  if (key === "ArrowUp") return focus(cards[index - 1]);
  if (key === "Home") return focus(cards[0]);
  if (key === "End") return focus(cards.at(-1));
  const all = columns();
  for (let at = all.indexOf(here) + step(key); at >= 0 && at < all.length; at += step(key)) {
    const there = isFolded(all[at]) ? [] : cardsOf(all[at]);
    if (there.length) return focus(there[Math.min(index, there.length - 1)]);
  }
}

function lift(card) {
  lifted = { card, to: columnOf(card).dataset.stage };
  card.classList.add("lb-lifted", "lb-in-hand");
  announce(words.lifted, { name: nameOf(card), stage: columnOf(card).dataset.name });
}

function aim(key) {
  const all = columns();
  const next = all[all.findIndex((part) => part.dataset.stage === lifted.to) + step(key)];
  if (!next) return;
  lifted.to = next.dataset.stage;
  for (const part of all) part.classList.toggle("lb-over", part === next);
  next.scrollIntoView({ block: "nearest", inline: "nearest", behavior: "smooth" });
  announce(words.over, { stage: next.dataset.name, count: next.querySelector("[data-board-count]").textContent });
}

function drop(wanted) {
  const { card, to } = lifted;
  lifted = null;
  card.classList.remove("lb-lifted", "lb-in-hand");
  for (const part of columns()) part.classList.remove("lb-over");
  if (wanted && to !== columnOf(card).dataset.stage) return move(card, to);
  announce(words.dropped, { name: nameOf(card), stage: column(columnOf(card).dataset.stage).dataset.name });
}

function whileLifted(event) {
  if (event.key === "Enter" || event.key === " ") drop(true);
  else if (event.key === "Escape") drop(false);
  else if (step(event.key)) aim(event.key);
  else if (event.key === "Tab") return drop(false);
  event.preventDefault();
}

export function startKeyboard() {
  const mayMove = board.hasAttribute("data-may-move");
  board.addEventListener("focusin", (event) => {
    if (event.target.matches(".lb-open")) ensureTabStop(event.target);
  });
  board.addEventListener("focusout", () => lifted && drop(false));
  board.addEventListener("keydown", async (event) => {
    if (!event.target.matches(".lb-open") || event.ctrlKey || event.metaKey || event.altKey) return;
    if (lifted) return whileLifted(event);
    const card = event.target.closest(".lb-card");
    if (event.key.startsWith("Arrow") || event.key === "Home" || event.key === "End") {
      event.preventDefault();
      walk(card, event.key);
    } else if (mayMove && event.key === " ") {
      event.preventDefault();
      lift(card);
    } else if (mayMove && event.key.toLowerCase() === "m") {
      event.preventDefault();
      const to = await askWhere(card);
      if (to) move(card, to);
    }
  });
}
