// Dragging cards by mouse or pen, and by a finger that rests on one first; on a phone, where one column shows, by the menu.
import { board, cardOf, columnOf, columns } from "./cards.js";
import { move } from "./moving.js";

const THRESHOLD = 6; // pixels of a mouse before it drags
const HOLD = 350; // milliseconds that a finger rests before it drags
const EDGE = 70; // pixels from the sides where the board begins to scroll
const narrow = window.matchMedia("(max-width: 1023px)");

let held = null; // {card, x, y, pointer, ghost, timer, dx, dy}
export const isDragging = () => Boolean(held?.ghost);

function lift() {
  clearTimeout(held.timer);
  const box = held.card.getBoundingClientRect();
  const ghost = held.card.cloneNode(true);
  ghost.classList.add("lb-ghost");
  ghost.style.inlineSize = `${box.width}px`;
  ghost.inert = true;
  ghost.removeAttribute("data-lead");
  Object.assign(held, { ghost, dx: held.x - box.left, dy: held.y - box.top });
  board.append(ghost);
  held.card.classList.add("lb-lifted");
  board.classList.add("lb-dragging");
  follow(held.x, held.y);
  requestAnimationFrame(scrollAtEdges);
}

function follow(x, y) {
  Object.assign(held, { x, y });
  held.ghost.style.transform = `translate(${x - held.dx}px, ${y - held.dy}px)`;
  const under = columnAt(x, y);
  for (const part of columns()) part.classList.toggle("lb-over", part === under);
}

function columnAt(x, y) {
  return document.elementFromPoint(x, y)?.closest?.(".lb-column") || null;
}

function scrollAtEdges() {
  if (!isDragging()) return;
  const strip = board.querySelector(".lb-columns");
  const box = strip.getBoundingClientRect();
  if (held.x < box.left + EDGE) strip.scrollLeft -= 14;
  else if (held.x > box.right - EDGE) strip.scrollLeft += 14;
  follow(held.x, held.y);
  requestAnimationFrame(scrollAtEdges);
}

function letGo(dropped) {
  if (!held) return;
  clearTimeout(held.timer);
  const { card, ghost, x, y } = held;
  const over = ghost && dropped ? columnAt(x, y) : null;
  ghost?.remove();
  card.classList.remove("lb-lifted");
  board.classList.remove("lb-dragging");
  for (const part of columns()) part.classList.remove("lb-over");
  held = null;
  if (!ghost) return;
  // The press that ends a drag is no click on the card's link.
  const swallow = (event) => {
    event.preventDefault();
    event.stopPropagation();
  };
  window.addEventListener("click", swallow, { capture: true, once: true });
  setTimeout(() => window.removeEventListener("click", swallow, { capture: true }), 0);
  const current = cardOf(card.dataset.lead);
  if (over && current && over !== columnOf(current)) move(current, over.dataset.stage);
}

export function startDragging() {
  board.addEventListener("pointerdown", (event) => {
    const card = event.target.closest(".lb-card");
    if (!card || event.button !== 0 || event.target.closest("button") || held || narrow.matches) return;
    held = { card, x: event.clientX, y: event.clientY, pointer: event.pointerId };
    if (event.pointerType === "touch") held.timer = setTimeout(lift, HOLD);
  });
  window.addEventListener("pointermove", (event) => {
    if (!held || event.pointerId !== held.pointer) return;
    if (held.ghost) {
      follow(event.clientX, event.clientY);
    } else if (Math.hypot(event.clientX - held.x, event.clientY - held.y) > THRESHOLD) {
      if (event.pointerType === "touch") letGo(false);
      else lift();
    }
  });
  window.addEventListener("pointerup", (event) => event.pointerId === held?.pointer && letGo(true));
  window.addEventListener("pointercancel", (event) => event.pointerId === held?.pointer && letGo(false));
  window.addEventListener("blur", () => letGo(false));
  window.addEventListener("keydown", (event) => event.key === "Escape" && letGo(false));
  board.addEventListener("dragstart", (event) => event.preventDefault());
  board.addEventListener("contextmenu", (event) => isDragging() && event.preventDefault());
  // A finger that drags a card does not scroll: only a listener that may refuse can say so.
  board.addEventListener("touchmove", (event) => isDragging() && event.preventDefault(), { passive: false });
}
