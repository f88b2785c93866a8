// The list of conversations: rows take their place as they change, and what one looks at stays where it is.
import { fragment, getJson } from "./net.js";

const AGAIN_AFTER = 5_000; // milliseconds until further rows are asked for once more

export function neighbour(rows, row, step) {
  const place = rows.indexOf(row);
  if (place < 0) return step > 0 ? rows[0] : null;
  return rows[place + step] || null;
}

export class List {
  constructor(root) {
    this.root = root;
    this.rowsUrl = root.dataset.rows;
    this.query = root.dataset.query;
    this.scroll = root.querySelector("[data-ib-scroll]");
    this.list = root.querySelector("[data-ib-rows]");
    this.empty = root.querySelector("[data-ib-empty]");
    this.more = root.querySelector("[data-ib-more]");
    this.known = new Map(this.rows().map((row) => [row.dataset.id, row.dataset.version]));
    this.more.querySelector("button").addEventListener("click", () => this.loadMore());
    // On a phone the page scrolls, elsewhere the list does.
    const scroller = window.matchMedia("(max-width: 1023px)").matches ? null : this.scroll;
    this.watching = new IntersectionObserver((seen) => seen.some((one) => one.isIntersecting) && this.loadMore(), {
      root: scroller,
      rootMargin: "300px",
    });
    this.watch();
  }

  rows() {
    return [...this.list.querySelectorAll(".ib-row")];
  }

  row(id) {
    return this.list.querySelector(`.ib-row[data-id="${id}"]`);
  }

  link(row) {
    return row?.querySelector(".ib-link");
  }

  url(more) {
    const query = new URLSearchParams(this.query);
    Object.entries(more).forEach(([name, value]) => query.set(name, value));
    return `${this.rowsUrl}?${query}`;
  }

  mark(open) {
    for (const row of this.rows()) {
      const here = row.dataset.id === open;
      row.toggleAttribute("data-open", here);
      if (here) this.link(row).setAttribute("aria-current", "true");
      else this.link(row).removeAttribute("aria-current");
    }
    this.open = open;
  }

  async loadMore() {
    if (this.loading || this.more.hidden) return;
    this.loading = true;
    try {
      const answer = await getJson(this.url({ after: this.more.dataset.after }));
      for (const row of fragment(answer.html).querySelectorAll(".ib-row")) {
        this.known.set(row.dataset.id, row.dataset.version);
        if (!this.row(row.dataset.id)) this.place(row);
      }
      this.more.dataset.after = answer.more;
      this.more.hidden = !answer.more;
      this.mark(this.open);
      this.watch();
    } catch {
      setTimeout(() => this.watch(), AGAIN_AFTER); // the next look tells that the server is away
    }
    this.loading = false;
  }

  // The end of the list may be in sight already, which the observer tells of only when it is told to begin.
  watch() {
    this.watching.unobserve(this.more);
    this.watching.observe(this.more);
  }

  // Return the rows that are new or have more unread messages than before.
  async renew(changed) {
    const ids = changed.filter(([id, version]) => this.known.get(String(id)) !== String(version)).map(([id]) => String(id));
    if (!ids.length) return { fresh: [], answer: null };
    const answer = await getJson(this.url({ ids: ids.slice(0, 100).join(",") }));
    changed.forEach(([id, version]) => this.known.set(String(id), String(version)));
    const found = new Map([...fragment(answer.html).querySelectorAll(".ib-row")].map((row) => [row.dataset.id, row]));
    const focused = document.activeElement?.closest?.(".ib-row")?.dataset.id;
    const fresh = [];
    this.keepPlace(() => {
      for (const id of ids) {
        const [old, row] = [this.row(id), found.get(id)];
        if (old && old.dataset.version === row?.dataset.version) continue; // it was loaded meanwhile
        const before = old ? Number(old.dataset.unread) : 0;
        if (!row) old?.remove();
        else {
          this.known.set(id, row.dataset.version);
          old?.remove();
          if (!this.place(row) && old) this.list.append(row);
          if (Number(row.dataset.unread) > before) {
            row.classList.add("ib-fresh");
            fresh.push(row);
          }
        }
      }
    });
    if (focused) this.link(this.row(focused))?.focus({ preventScroll: true });
    this.mark(this.open);
    this.empty.hidden = this.root.querySelector(".ib-row, .ib-hit") !== null;
    return { fresh, answer };
  }

  place(row) {
    const rank = Number(row.dataset.rank);
    const before = this.rows().find((other) => Number(other.dataset.rank) > rank);
    if (before) before.before(row);
    else if (this.more.hidden || this.loading) this.list.append(row);
    else return false; // it belongs further down than what is loaded
    return true;
  }

  keepPlace(change) {
    const atTop = this.scroll.scrollTop < 8;
    const edge = this.scroll.getBoundingClientRect().top;
    const anchor = atTop ? null : this.rows().find((row) => row.getBoundingClientRect().bottom > edge);
    const [id, top] = anchor ? [anchor.dataset.id, anchor.getBoundingClientRect().top] : [];
    change();
    const kept = id && this.row(id);
    if (kept) this.scroll.scrollTop += kept.getBoundingClientRect().top - top;
  }

  // What the server tells of even when it leaves the list.
  shown() {
    return this.rows()
      .slice(0, 100)
      .map((row) => row.dataset.id);
  }

  setCounts(counts) {
    for (const [tab, count] of Object.entries(counts)) {
      const place = this.root.querySelector(`[data-ib-count="${tab}"]`);
      if (place) place.textContent = count;
    }
  }
}
