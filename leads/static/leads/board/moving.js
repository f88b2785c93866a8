// Moving a card: at once on the page, then on the server, whose answer stands.
import { board, cardOf, column, columnOf, count, nameOf, parse, place, rankIn, showHeads } from "./cards.js";
import { announce, askDetails, fill, show, words } from "./talking.js";

const moving = new Set();
export const isMoving = () => moving.size > 0;

/** Move a card to a stage; asks for what closing needs. A move that is refused puts the card where the server says it is. */
export async function move(card, to) {
  const from = columnOf(card).dataset.stage;
  const id = card.dataset.lead;
  if (to === from || moving.has(id)) return;
  const names = { name: nameOf(card), stage: column(to).dataset.name };
  moving.add(id);
  try {
    const details = await askDetails(card, to);
    if (details === null) {
      announce(words.dropped, { ...names, stage: column(from).dataset.name });
      cardOf(id)?.querySelector(".lb-open").focus();
      return;
    }
    const rank = card.dataset.rank;
    rankIn(card, to);
    put(card, to);
    count(from, -1);
    count(to, +1);
    card.setAttribute("aria-busy", "true");
    announce(words.moving, names);
    const answer = await send({ lead: id, to, expected: from, ...details });
    card.removeAttribute("aria-busy");
    if (answer.heads) {
      settle(id, answer, names, from, to);
    } else {
      card.dataset.rank = rank;
      put(card, from);
      count(from, +1);
      count(to, -1);
      announce(answer.said);
      show(answer.said, { bad: true });
    }
  } finally {
    moving.delete(id);
  }
}

/** Put a card into a column and keep the focus on it, or beside where it was if that column is folded. */
function put(card, slug) {
  const beside = card.nextElementSibling?.matches(".lb-card") ? card.nextElementSibling : card.previousElementSibling;
  place(card, slug);
  const shown = card.offsetParent !== null;
  (shown ? card : beside)?.querySelector(".lb-open")?.focus({ preventScroll: true });
  if (shown) card.scrollIntoView({ block: "nearest", inline: "nearest" });
}

async function send(values) {
  const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
  try {
    const response = await fetch(`${board.dataset.moveUrl}?${board.dataset.query}`, {
      method: "POST",
      headers: { "X-CSRFToken": token },
      body: new URLSearchParams(values),
    });
    if (response.redirected) return { said: words.logged_out };
    if (!(response.headers.get("Content-Type") || "").includes("json")) return { said: words.not_allowed };
    return { ok: response.ok, ...(await response.json()) };
  } catch {
    return { said: words.not_moved };
  }
}

function settle(id, answer, names, from, to) {
  showHeads(answer.heads);
  if (answer.card) {
    const card = parse(answer.card.html).querySelector(".lb-card");
    place(card, answer.card.stage);
    if (card.offsetParent !== null) card.scrollIntoView({ block: "nearest", inline: "nearest" });
  } else {
    cardOf(id)?.remove();
  }
  if (!answer.ok) {
    announce(answer.said);
    show(answer.said, { bad: true });
    return;
  }
  announce(answer.card ? words.moved : words.elsewhere, names);
  const back = column(from).dataset.kind === "open" && answer.card ? () => cardOf(id) && move(cardOf(id), from) : null;
  show(fill(answer.card ? words.moved : words.elsewhere, names), { undo: back });
}
