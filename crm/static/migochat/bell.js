// The bell in the head of every page: how many notices are unread, their list, and whether one takes new leads.
(() => {
  "use strict";

  const EVERY_MS = 15000;
  const MOST = 99;

  const start = (bell) => {
    const button = bell.querySelector(".mc-bell-button");
    const badge = bell.querySelector(".mc-bell-count");
    const panel = bell.querySelector(".mc-bell-panel");
    const list = bell.querySelector("[data-mc-list]");
    const failed = bell.querySelector("[data-mc-failed]");
    const reading = bell.querySelector("[data-mc-read]");
    const availability = bell.querySelector("[data-mc-availability]");
    const toggle = availability.querySelector("button");
    const kept = `migochat-bell-${bell.dataset.user}`; // what the last page showed, so that the next one does not jump
    let unread = 0;
    let timer = null;
    let changes = 0; // of our own: an answer that set out before one of them is out of date

    const get = async (url) => {
      const answer = await fetch(url, { headers: { "X-Requested-With": "XMLHttpRequest" }, redirect: "error" });
      if (!answer.ok) throw new Error(answer.status);
      return answer;
    };

    const post = async (form, values) => {
      changes += 1;
      const body = new FormData(form);
      Object.entries(values).forEach(([name, value]) => body.set(name, value));
      const answer = await fetch(form.action, { method: "POST", body, redirect: "error" });
      changes += 1;
      if (!answer.ok) throw new Error(answer.status);
    };

    const show = (state) => {
      unread = state.unread;
      badge.hidden = !unread;
      badge.querySelector("[data-mc-count]").textContent = unread > MOST ? `${MOST}+` : unread;
      availability.hidden = state.available === null;
      toggle.setAttribute("aria-checked", String(state.available));
      sessionStorage.setItem(kept, JSON.stringify(state));
    };

    const look = async () => {
      clearTimeout(timer);
      if (document.hidden) return;
      try {
        const [before, known] = [unread, changes];
        const state = await (await get(bell.dataset.state)).json();
        if (known === changes) show(state);
        if (!panel.hidden && unread > before) await fill();
      } catch {
        // Logged out or without a network: the next look may succeed, and every other click says so itself.
      }
      timer = setTimeout(look, EVERY_MS);
    };

    const fill = async () => {
      failed.hidden = true;
      try {
        list.innerHTML = await (await get(bell.dataset.notices)).text();
      } catch {
        failed.hidden = false;
      }
      reading.hidden = !list.querySelector(".mc-notice-new");
      list.setAttribute("aria-busy", "false");
    };

    const open = async () => {
      panel.hidden = false;
      button.setAttribute("aria-expanded", "true");
      await fill();
      list.querySelector("a")?.focus();
    };

    const close = () => {
      const within = panel.contains(document.activeElement);
      panel.hidden = true;
      button.setAttribute("aria-expanded", "false");
      if (within) button.focus();
    };

    button.addEventListener("click", () => (panel.hidden ? open() : close()));
    document.addEventListener("click", (event) => {
      if (!panel.hidden && !bell.contains(event.target)) close();
    });
    bell.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !panel.hidden) {
        event.stopPropagation();
        close();
      }
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      const links = [...list.querySelectorAll("a")];
      if (step && links.includes(document.activeElement)) {
        event.preventDefault();
        links[links.indexOf(document.activeElement) + step]?.focus();
      }
    });

    reading.addEventListener("submit", async (event) => {
      event.preventDefault();
      try {
        await post(reading, { up_to: list.querySelector("[data-mc-newest]").dataset.mcNewest });
      } catch {
        failed.hidden = false;
        return;
      }
      await Promise.all([fill(), look()]);
      (list.querySelector("a") ?? button).focus();
    });

    toggle.addEventListener("click", async () => {
      const wanted = toggle.getAttribute("aria-checked") !== "true";
      toggle.disabled = true;
      try {
        await post(availability, { available: wanted ? 1 : 0 });
        show({ unread, available: wanted });
      } catch {
        toggle.classList.add("mc-switch-failed");
        setTimeout(() => toggle.classList.remove("mc-switch-failed"), 2000);
      }
      toggle.disabled = false;
      toggle.focus();
    });

    document.addEventListener("visibilitychange", look);
    const before = sessionStorage.getItem(kept);
    if (before) show(JSON.parse(before));
    look();
  };

  document.addEventListener("DOMContentLoaded", () => {
    const bell = document.getElementById("mc-bell");
    if (bell) start(bell);
  });
})();
