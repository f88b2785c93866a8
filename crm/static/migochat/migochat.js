// What our own pages need beyond Unfold: filters that go on change, copying, the search key, scrolling to a message.
(() => {
  "use strict";

  document.addEventListener("change", (event) => {
    if (event.target.matches("select[data-mc-go]")) window.location.assign(event.target.value || "?");
  });

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-mc-copy]");
    if (!button) return;
    event.preventDefault();
    const icon = button.querySelector(".material-symbols-outlined");
    try {
      await navigator.clipboard.writeText(button.dataset.mcCopy);
      icon.textContent = "check";
    } catch {
      // The clipboard needs https or localhost: select the address, so that it can be copied by hand.
      window.getSelection().selectAllChildren(button.previousElementSibling);
      icon.textContent = "select_all";
    }
    setTimeout(() => (icon.textContent = "content_copy"), 2000);
  });

  document.addEventListener("keydown", (event) => {
    const typing = event.target.matches("input, textarea, select, [contenteditable]");
    if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    const search = document.querySelector('[data-mc-shortcut="/"]');
    if (search) {
      event.preventDefault();
      search.focus();
      search.select();
    }
  });

  document.addEventListener("DOMContentLoaded", () => {
    // What has just been put in answers at once: until HTMX lets it settle, a choice made in it would go nowhere.
    if (window.htmx) htmx.config.defaultSettleDelay = 0;
    if (window.matchMedia("(max-width: 1023px)").matches) {
      document.querySelectorAll("details[data-mc-closed-on-phone]").forEach((details) => (details.open = false));
    }
    const marked = document.querySelector(".mc-marked");
    if (marked) {
      // Only the thread scrolls: scrollIntoView would move the page under its own header.
      const thread = marked.closest(".mc-scroll");
      const middle = (element) => element.getBoundingClientRect().top + element.clientHeight / 2;
      thread.scrollBy({ top: middle(marked) - middle(thread) });
    }
  });
})();
