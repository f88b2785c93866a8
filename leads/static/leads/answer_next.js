// Answer next: who waits appears by itself, is walked through by keys, and opens beside the list.
(() => {
  "use strict";

  const EVERY = 2_500; // milliseconds between two questions
  const AT_MOST = 60_000; // while the server does not answer
  const root = document.querySelector("[data-an]");
  const list = root.querySelector("[data-an-list]");
  const pane = document.getElementById("an-pane");
  const said = root.querySelector("[data-an-said]");
  const lost = root.querySelector("[data-an-lost]");
  const nobody = pane.innerHTML;
  const isPhone = window.matchMedia("(max-width: 1023px)");
  let open = "";
  let pause = EVERY;
  let timer = 0;

  const rows = () => [...list.querySelectorAll(".an-row")];
  const rowOf = (id) => list.querySelector(`.an-row[data-id="${id}"]`);
  const linkOf = (row) => row && row.querySelector(".an-link");
  const addressOf = (name, id) => root.dataset[name].replace("/0/", `/${id}/`);
  const focused = () => document.activeElement.closest?.(".an-row") || null;

  // --- opening ---
  function mark() {
    for (const row of rows()) {
      const here = row.dataset.id === open;
      row.toggleAttribute("data-open", here);
      if (here) linkOf(row).setAttribute("aria-current", "true");
      else linkOf(row).removeAttribute("aria-current");
    }
    root.toggleAttribute("data-opened", open !== "");
  }

  // Whoever takes somebody over says whose they were on the page: the pane's word goes first, it is what they look at.
  function taking(id) {
    const shown = pane.querySelector(`form[action="${addressOf("assign", id)}"] [name=seen]`);
    const seen = shown ? shown.value : rowOf(id)?.dataset.owner;
    const token = { csrfmiddlewaretoken: root.querySelector("[name=csrfmiddlewaretoken]").value };
    return seen === undefined ? token : { ...token, seen };
  }

  async function load(id, verb = "GET") {
    const values = verb === "POST" ? taking(id) : {};
    const address = addressOf(verb === "POST" ? "assign" : "pane", id);
    await window.htmx.ajax(verb, address, { target: pane, swap: "innerHTML", values });
  }

  function show(id, { push = true, verb = "GET" } = {}) {
    open = id;
    mark();
    const query = new URLSearchParams(root.dataset.query);
    query.set("open", id);
    if (push) history.pushState(null, "", `?${query}`);
    if (isPhone.matches) window.scrollTo(0, 0);
    return load(id, verb);
  }

  function close({ push = true } = {}) {
    const id = open;
    open = "";
    pane.innerHTML = nobody;
    pane.dispatchEvent(new Event("talk:left"));
    mark();
    if (push) history.pushState(null, "", `?${root.dataset.query}`);
    linkOf(rowOf(id))?.focus();
  }

  function follow() {
    const id = new URLSearchParams(location.search).get("open") || "";
    if (/^\d{1,18}$/.test(id)) show(id, { push: false });
    else if (open) close({ push: false });
  }

  // --- what is new ---
  function topmost() {
    const edge = isPhone.matches ? 0 : list.getBoundingClientRect().top;
    return rows().find((row) => row.getBoundingClientRect().bottom > edge) || null;
  }

  function renew(html) {
    const known = new Map(rows().map((row) => [row.dataset.id, row.dataset.newest]));
    const here = focused();
    const place = rows().indexOf(here);
    const anchor = topmost();
    const before = anchor ? [anchor.dataset.id, anchor.getBoundingClientRect().top] : null;
    const scroller = isPhone.matches ? document.scrollingElement : list;
    const atTop = scroller.scrollTop === 0;
    list.innerHTML = html;
    mark();
    const kept = before && !atTop && rowOf(before[0]);
    if (kept) scroller.scrollTop += kept.getBoundingClientRect().top - before[1];
    if (here) (linkOf(rowOf(here.dataset.id)) || linkOf(rows()[Math.min(place, rows().length - 1)]))?.focus({ preventScroll: true });
    const fresh = rows().filter((row) => known.get(row.dataset.id) !== row.dataset.newest);
    for (const row of fresh) row.classList.add("an-fresh");
    said.textContent = fresh.length ? said.dataset.new : ""; // the open conversation follows by itself
  }

  async function look() {
    clearTimeout(timer);
    if (document.hidden) return;
    try {
      const { news } = list.querySelector("[data-news]").dataset;
      const address = `${root.dataset.poll}?${root.dataset.query}&shown=${rows().length}&news=${news}`;
      const response = await fetch(address);
      if (response.redirected) return location.reload(); // logged out
      if (!response.ok) throw new Error(String(response.status));
      if (response.status === 200) renew(await response.text());
      else list.querySelector("[data-news]").dataset.news = response.headers.get("X-News");
      pause = EVERY;
      lost.hidden = true;
    } catch {
      pause = Math.min(pause * 2, AT_MOST);
      lost.hidden = false;
    }
    timer = setTimeout(look, pause);
  }

  async function more(button) {
    button.setAttribute("aria-disabled", "true");
    const response = await fetch(button.href);
    if (!response.ok || response.redirected) return button.removeAttribute("aria-disabled");
    const part = document.createElement("template");
    part.innerHTML = await response.text();
    const added = [...part.content.querySelectorAll(".an-row")].filter((row) => !rowOf(row.dataset.id));
    list.querySelector(".an-rows").append(...added);
    const next = part.content.querySelector(".an-more");
    if (next) button.closest(".an-more").replaceWith(next);
    else button.closest(".an-more").remove();
    mark();
    linkOf(added[0])?.focus({ preventScroll: true });
  }

  // --- pointer and keys ---
  document.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    const link = event.target.closest(".an-link");
    const button = event.target.closest("[data-an-more]");
    if (link || button) event.preventDefault();
    if (link) show(link.closest(".an-row").dataset.id);
    else if (button && !button.hasAttribute("aria-disabled")) more(button);
    else if (event.target.closest("[data-an-back]")) close();
  });

  function walk(step) {
    const all = rows();
    const from = all.indexOf(focused() || rowOf(open));
    const link = linkOf(all[Math.max(0, Math.min(all.length - 1, from + step))]);
    link?.focus();
    link?.scrollIntoView({ block: "nearest" });
  }

  function assign() {
    const id = focused()?.dataset.id || open;
    if (id && root.dataset.assign) show(id, { push: id !== open, verb: "POST" });
  }

  const ON = {
    j: () => walk(1),
    k: () => walk(-1),
    a: assign,
    Escape: () => (open ? close() : document.activeElement.blur()),
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    const typing = event.target.matches("input, textarea, select, [contenteditable]");
    if (typing && event.key !== "Escape") return;
    const act = ON[event.key];
    if (!act) return;
    event.preventDefault();
    if (typing) event.target.blur();
    else act();
  });

  document.addEventListener("visibilitychange", look);
  document.addEventListener("answer-next", look); // somebody was assigned
  document.addEventListener("talk:changed", look); // the open conversation goes on
  document.addEventListener("htmx:afterRequest", (event) => {
    const request = event.detail.xhr;
    if (new URL(request.responseURL || location.href).pathname.includes("/login/")) location.reload();
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    // An answer that comes when somebody else was opened, or nobody.
    const { pathname } = new URL(event.detail.xhr.responseURL);
    if (event.target === pane && !pathname.includes(`/${open}/`)) event.detail.shouldSwap = false;
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.target !== pane) return;
    if (isPhone.matches) pane.querySelector("[data-an-lead]").open = false;
  });
  window.addEventListener("popstate", follow);
  follow();
  timer = setTimeout(look, EVERY);
})();
