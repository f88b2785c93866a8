// Keys on every page: g and a letter go somewhere, j and k walk the rows of a list, ? tells them all, Esc leaves a field.
(() => {
  "use strict";

  const SOON = 1_500; // milliseconds between g and its letter
  const ROWS = ".mc-list .mc-row-link, .mc-due-who";
  const help = () => document.querySelector("[data-mc-keys]"); // none before the login
  const placeOf = (key) => help().querySelector(`[data-mc-go-key="${CSS.escape(key.toLowerCase())}"]`)?.href;
  let going = -SOON;

  const isTyping = (element) => element.matches("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
  const isAsked = () => document.querySelector("dialog[open], :popover-open, .lb-lifted") !== null;

  function walk(step) {
    const rows = [...document.querySelectorAll(ROWS)];
    if (!rows.length) return false;
    const row = document.activeElement.closest("tr, .mc-due");
    const from = rows.findIndex((link) => row?.contains(link));
    const link = rows[from < 0 ? 0 : Math.max(0, Math.min(rows.length - 1, from + step))];
    link.focus({ preventScroll: true });
    link.scrollIntoView({ block: "center" }); // not behind the line of pages at the foot
    return true;
  }

  function act(event) {
    if (event.timeStamp - going < SOON) {
      going = -SOON;
      const place = placeOf(event.key);
      if (place) location.assign(place);
      return true; // whatever else the letter means, it was the second of two
    }
    if (event.key === "g") going = event.timeStamp;
    else if (event.key === "?") help().showModal();
    else if (event.key === "j" || event.key === "k") return walk(event.key === "j" ? 1 : -1);
    else return false;
    return true;
  }

  // Before the page's own keys, which may know the second letter as one of theirs.
  window.addEventListener(
    "keydown",
    (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.key === "Shift") return;
      if (!help() || isAsked()) return;
      if (isTyping(event.target)) {
        // Where a list of choices is open at the field, it is the list that Escape closes.
        if (event.key === "Escape" && !event.target.hasAttribute("aria-activedescendant")) event.target.blur();
        return;
      }
      if (!act(event)) return;
      event.preventDefault();
      event.stopPropagation();
    },
    { capture: true },
  );
  document.addEventListener("click", (event) => event.target.closest("[data-mc-keys-open]") && help().showModal());
})();
