// What others do appears by itself: a light question every few seconds, none while nobody looks or a card is in hand.
import { board, cardOf, columnOf, columns, parse, place, showHeads } from "./cards.js";
import { isDragging } from "./dragging.js";
import { isLifted } from "./keyboard.js";
import { reread } from "./loading.js";
import { isMoving } from "./moving.js";
import { isAsking } from "./talking.js";

const EVERY = 8_000; // milliseconds
const AT_MOST = 120_000; // while the server does not answer
let pause = EVERY;
let timer = 0;

const isBusy = () => isDragging() || isLifted() || isMoving() || isAsking();
const later = () => {
  clearTimeout(timer);
  timer = setTimeout(look, pause);
};

async function look() {
  if (document.hidden) return;
  if (!isBusy()) {
    try {
      const response = await fetch(`${board.dataset.pollUrl}?${board.dataset.query}&mark=${board.dataset.mark}`);
      if (!response.ok || response.redirected) throw new Error(String(response.status));
      // What was asked before a card was taken in hand is asked again afterwards.
      if (response.status !== 204 && !isBusy()) await show(await response.json());
      pause = EVERY;
    } catch {
      pause = Math.min(pause * 2, AT_MOST);
    }
  }
  later();
}

async function show(news) {
  const appeared = board.hidden && news.cards?.length;
  if (appeared) return window.location.reload();
  if (news.reload) await Promise.all(columns().map((part) => reread(part.dataset.stage)));
  for (const { id, stage, html } of news.cards || []) update(id, stage, parse(html).querySelector(".lb-card"));
  for (const id of news.gone || []) cardOf(id)?.remove();
  showHeads(news.heads);
  board.dataset.mark = news.mark;
}

function update(id, stage, card) {
  const old = cardOf(id);
  const moved = !old || columnOf(old).dataset.stage !== stage;
  const stop = old?.querySelector('.lb-open[tabindex="0"]');
  if (stop) card.querySelector(".lb-open").tabIndex = 0;
  if (old && !moved && old.isEqualNode(card)) return;
  place(card, stage, false);
  if (moved) card.classList.add("lb-news");
}

export function startLive() {
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) look();
    else clearTimeout(timer);
  });
  later();
}
