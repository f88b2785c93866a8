// Columns and cards as the page holds them: finding them, and putting cards where they belong.

export const board = document.querySelector("[data-board]");
export const columns = () => [...board.querySelectorAll(".lb-column")];
export const column = (slug) => board.querySelector(`.lb-column[data-stage="${CSS.escape(slug)}"]`);
export const listOf = (part) => part.querySelector(".lb-cards");
export const cardsOf = (part) => [...part.querySelectorAll(".lb-card")];
export const cardOf = (id) => board.querySelector(`.lb-card[data-lead="${CSS.escape(id)}"]`);
export const columnOf = (card) => card.closest(".lb-column");
export const nameOf = (card) => card.querySelector(".lb-open").textContent;
export const isFolded = (part) => part.hasAttribute("data-collapsed") && listOf(part).offsetParent === null;

/** Read cards from what the server rendered. */
export function parse(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content;
}

function comesBefore(a, b) {
  const ranks = Number(a.dataset.rank) - Number(b.dataset.rank);
  return ranks ? ranks > 0 : Number(a.dataset.lead) > Number(b.dataset.lead);
}

/**
 * Put a card into a column, by rank, in place of any other of the same lead; a focused card stays focused. Where it would come
 * after the last card loaded, it stands there only if `kept`: scrolling brings it otherwise.
 */
export function place(card, slug, kept = true) {
  const list = listOf(column(slug));
  const old = cardOf(card.dataset.lead);
  const focused = old?.contains(document.activeElement);
  const stop = old?.querySelector('.lb-open[tabindex="0"]');
  const next = [...list.querySelectorAll(".lb-card")].find((other) => other !== old && comesBefore(card, other));
  const more = list.querySelector(".lb-more");
  if (old && old !== card) old.remove();
  if (next || !more || kept) list.insertBefore(card, next || more);
  else card.remove();
  if (stop) card.querySelector(".lb-open").tabIndex = 0;
  if (focused && card.isConnected) card.querySelector(".lb-open").focus({ preventScroll: true });
  ensureTabStop();
}

/** Give a card that is moved the rank it has in its new column until the server says better. */
export function rankIn(card, slug) {
  card.dataset.rank = column(slug).dataset.kind === "open" ? card.dataset.score : String(Date.now() * 1000);
}

/** Let exactly one card be reached by Tab; arrow keys reach the others. */
export function ensureTabStop(wanted = null) {
  const stops = [...board.querySelectorAll('.lb-open[tabindex="0"]')];
  const shown = (link) => link.offsetParent !== null;
  const keep = wanted || stops.find(shown) || [...board.querySelectorAll(".lb-open")].find(shown);
  for (const link of stops) if (link !== keep) link.tabIndex = -1;
  if (keep) keep.tabIndex = 0;
}

const grouped = (number) => String(number).replace(/\B(?=(\d{3})+$)/g, board.dataset.thousands);

function showCount(slug, number, text) {
  column(slug).dataset.count = number;
  const tab = board.querySelector(`[data-board-tab="${CSS.escape(slug)}"]`);
  for (const part of [column(slug), tab]) part.querySelector("[data-board-count]").textContent = text;
}

/** Count a move before the server has. */
export function count(slug, by) {
  const number = Math.max(0, Number(column(slug).dataset.count) + by);
  showCount(slug, number, grouped(number));
}

/** Show counts and sums as the server says they are. */
export function showHeads(heads) {
  for (const [slug, head] of Object.entries(heads)) {
    const part = column(slug);
    if (!part) continue;
    showCount(slug, head.number, head.count);
    part.querySelector("[data-board-total]").textContent = head.total;
    part.querySelector("[data-board-others]").textContent = head.others;
    part.querySelector(".lb-sum").title = head.title;
  }
}
