// Messages that a search found, below the people whose names fit; further ones come as one scrolls.
import { fragment, getJson } from "./net.js";

export class Hits {
  constructor(root) {
    this.list = root.querySelector("[data-ib-hits]");
    this.more = root.querySelector("[data-ib-more-hits]");
    this.url = `${root.dataset.hits}${root.dataset.query}`;
    if (!this.list) return;
    this.more.querySelector("button").addEventListener("click", () => this.loadMore());
    const scroller = window.matchMedia("(max-width: 1023px)").matches ? null : root.querySelector("[data-ib-scroll]");
    const seen = (entries) => entries.some((one) => one.isIntersecting) && this.loadMore();
    this.watching = new IntersectionObserver(seen, { root: scroller, rootMargin: "300px" });
    this.watching.observe(this.more);
  }

  rows() {
    return this.list ? [...this.list.querySelectorAll(".ib-hit")] : [];
  }

  row(message) {
    return message ? this.rows().find((row) => row.dataset.message === message) : undefined;
  }

  mark(message) {
    for (const row of this.rows()) {
      const here = row.dataset.message === message;
      row.toggleAttribute("data-open", here);
      const link = row.querySelector(".ib-link");
      if (here) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
    this.open = message;
  }

  async loadMore() {
    if (this.loading || this.more.hidden) return;
    this.loading = true;
    try {
      const answer = await getJson(`${this.url}&after=${this.more.dataset.after}`);
      this.list.append(fragment(answer.html));
      this.more.dataset.after = answer.more;
      this.more.hidden = !answer.more;
      this.mark(this.open);
      this.watching.unobserve(this.more); // it may still be in sight, which would be no news
      this.watching.observe(this.more);
    } catch {
      // The button stays; the next look tells that the server is away.
    }
    this.loading = false;
  }
}
