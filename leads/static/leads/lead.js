// The page of a lead: refused dialogs open again, a failed change says so, the current stage is in view.
(() => {
  "use strict";

  const reveal = () => {
    document.querySelectorAll("[popover][data-mc-open]").forEach((dialog) => {
      dialog.removeAttribute("data-mc-open");
      dialog.showPopover();
    });
    const current = document.querySelector(".mc-steps .mc-current");
    if (!current) return;
    const line = current.closest(".mc-steps-scroll");
    const middle = (element) => element.getBoundingClientRect().left + element.getBoundingClientRect().width / 2;
    line.scrollBy({ left: middle(current) - middle(line) });
  };

  document.addEventListener("DOMContentLoaded", reveal);
  document.addEventListener("htmx:oobAfterSwap", reveal);

  // Where an earlier answer replaced the form that asked, HTMX would look for the sections in what is no longer shown.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { requestConfig, serverResponse, xhr } = event.detail;
    if (!requestConfig || requestConfig.elt.isConnected || event.target !== document.body) return;
    event.detail.shouldSwap = false;
    htmx.swap(document.body, serverResponse, { swapStyle: "none" }, { contextElement: document.body });
    const changed = xhr.getResponseHeader("HX-Trigger-After-Swap");
    if (changed) changed.split(", ").forEach((name) => htmx.trigger(document.body, name));
  });

  const say = (text) => {
    const line = document.getElementById("lead-said");
    if (!line) return;
    line.textContent = text;
    line.classList.add("mc-on", "mc-bad");
  };

  document.addEventListener("htmx:afterRequest", (event) => {
    const request = event.detail.xhr;
    if (request && new URL(request.responseURL || location.href).pathname.includes("/login/")) {
      location.reload();
    } else if (!event.detail.successful) {
      say(document.getElementById("lead-said")?.dataset.mcFailed || "");
    }
  });
})();
