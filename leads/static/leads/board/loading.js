// Cards are loaded as a column is scrolled, page by page.
import { board, column, ensureTabStop, listOf, parse, place } from "./cards.js";
import { words } from "./talking.js";

const AHEAD = "600px";

async function page(slug, after) {
  const url = board.dataset.columnUrl.replace("STAGE", slug);
  const response = await fetch(`${url}?${board.dataset.query}&after=${after}`);
  if (!response.ok || response.redirected) throw new Error(String(response.status));
  return parse(await response.text());
}

/** Load the next page of a column once its end comes near. */
export function watch(list) {
  const more = list.querySelector(".lb-more");
  if (!more) return;
  const observer = new IntersectionObserver(
    (entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      observer.disconnect();
      loadMore(list);
    },
    { root: list, rootMargin: AHEAD },
  );
  observer.observe(more);
}

export async function loadMore(list) {
  const more = list.querySelector(".lb-more");
  if (!more || more.hasAttribute("aria-busy")) return;
  more.setAttribute("aria-busy", "true");
  const slug = list.closest(".lb-column").dataset.stage;
  try {
    const found = await page(slug, more.dataset.after);
    if (!more.isConnected) return; // read anew meanwhile
    // The end of the page read goes first: cards are placed before it.
    const next = found.querySelector(".lb-more");
    if (next) more.replaceWith(next);
    else more.remove();
    for (const card of found.querySelectorAll(".lb-card")) place(card, slug);
    watch(list);
  } catch {
    more.removeAttribute("aria-busy");
    more.querySelector("button").textContent = words.loading_failed;
  }
}

/** Read a column's first page anew. */
export async function reread(slug) {
  const list = listOf(column(slug));
  const unread = list.querySelector(".lb-more")?.dataset.after === "" && !list.querySelector(".lb-card");
  if (unread) return;
  const found = await page(slug, "");
  list.replaceChildren(...found.querySelectorAll(".lb-card, .lb-more"));
  watch(list);
  ensureTabStop();
}
