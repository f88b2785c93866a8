// What lists need: the bar of what can be done with ticked rows, and menus that close.
(() => {
  "use strict";

  const form = document.getElementById("changelist-form");
  const bar = form?.querySelector(".mc-bulk");

  if (bar) {
    const boxes = [...form.querySelectorAll("input.action-select")];
    const toggle = document.getElementById("action-toggle");
    const across = bar.querySelector("[data-mc-across]");
    const all = bar.querySelector("[data-mc-select-all]");
    const tooMany = bar.querySelector("[data-mc-too-many]"); // to be changed at once, though all may be exported
    const changing = bar.querySelectorAll('button[name="action"]:not([value^="export_"])');
    const said = bar.querySelector("[data-mc-selected]");
    const word = said.textContent;
    let last = null;

    const show = () => {
      const count = boxes.filter((box) => box.checked).length;
      const whole = count === boxes.length;
      if (!whole) across.value = "0";
      toggle.checked = whole;
      toggle.indeterminate = count > 0 && !whole;
      const everything = across.value === "1";
      said.textContent = `${word}: ${everything ? all.dataset.mcAll : count}`;
      if (all) all.hidden = !whole || everything;
      if (tooMany) {
        tooMany.hidden = all ? !everything : !whole;
        changing.forEach((button) => (button.hidden = everything));
      }
    };
    const set = (checked) => {
      boxes.forEach((box) => (box.checked = checked));
      show();
    };

    toggle.addEventListener("change", () => set(toggle.checked));
    form.addEventListener("click", (event) => {
      const box = event.target.closest("input.action-select");
      if (!box) return;
      if (event.shiftKey && last) {
        const [from, to] = [boxes.indexOf(last), boxes.indexOf(box)].sort((a, b) => a - b);
        boxes.slice(from, to + 1).forEach((other) => (other.checked = box.checked));
      }
      last = box;
      show();
    });
    all?.addEventListener("click", () => {
      across.value = "1";
      show();
    });
    bar.querySelector("[data-mc-unselect]").addEventListener("click", () => {
      set(false);
      toggle.focus();
    });
    window.addEventListener("pageshow", show); // a browser that goes back keeps the ticks
    show();
  }

  const open = () => document.querySelectorAll("details[data-mc-menu][open]");
  document.addEventListener("click", (event) => {
    open().forEach((menu) => menu.contains(event.target) || (menu.open = false));
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    open().forEach((menu) => {
      menu.open = false;
      menu.querySelector("summary").focus();
    });
  });

  const going = document.querySelector("form[data-mc-goes-on]");
  if (going) {
    const soon = setTimeout(() => going.submit(), 400);
    going.querySelector("[data-mc-stop]").addEventListener("click", () => clearTimeout(soon));
  }
})();
