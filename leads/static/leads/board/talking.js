// What the board says and asks.
import { board, column, columnOf, nameOf } from "./cards.js";

export const words = JSON.parse(document.getElementById("board-words").textContent);
const said = document.querySelector("[data-board-said]");
const toast = document.querySelector("[data-board-toast]");
let hiding = 0;

export const fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

/** Tell who cannot see the board what happens on it. */
export function announce(text, values = {}) {
  said.textContent = fill(text, values);
}

/** Show a line at the foot for some seconds, with a way back where `undo` is a function. */
export function show(text, { bad = false, undo = null } = {}) {
  toast.querySelector("[data-board-toast-text]").textContent = text;
  toast.classList.toggle("lb-bad", bad);
  const button = toast.querySelector("[data-board-undo]");
  button.hidden = !undo;
  button.onclick = () => {
    toast.hidden = true;
    undo?.();
  };
  toast.hidden = false;
  clearTimeout(hiding);
  hiding = setTimeout(() => (toast.hidden = true), bad ? 12000 : 7000);
}

export const isAsking = () => document.querySelector("dialog[data-board-dialog][open]") !== null;

/** Open a dialog about a card; resolve with its form's values, or null if it was closed without an answer. */
function ask(name, card, prepare = () => {}) {
  const dialog = document.querySelector(`[data-board-dialog="${name}"]`);
  const form = dialog.querySelector("form");
  form.reset();
  dialog.returnValue = "";
  dialog.querySelector("[data-board-subject]").textContent = nameOf(card);
  dialog.querySelector("[data-board-cancel]").onclick = () => dialog.close("");
  prepare(dialog);
  return new Promise((resolve) => {
    const closed = () => {
      const values = { answer: dialog.returnValue, ...Object.fromEntries(new FormData(form)) };
      resolve(dialog.returnValue ? values : null);
    };
    dialog.addEventListener("close", closed, { once: true });
    dialog.showModal();
  });
}

/** Ask for the stage a card goes to. */
export async function askWhere(card) {
  const here = columnOf(card).dataset.stage;
  const given = await ask("menu", card, (dialog) => {
    for (const choice of dialog.querySelectorAll(".lb-choice")) choice.disabled = choice.value === here;
    dialog.onkeydown = (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (!step) return;
      event.preventDefault();
      const choices = [...dialog.querySelectorAll(".lb-choice:enabled")];
      const next = (choices.indexOf(document.activeElement) + step + choices.length) % choices.length;
      choices[next].focus();
    };
  });
  return given?.answer;
}

/** Ask what closing a lead asks for: nothing for an open stage, null if it was not answered. */
export async function askDetails(card, slug) {
  const kind = column(slug).dataset.kind;
  if (kind === "open") return {};
  const given = await ask(kind, card, (dialog) => {
    const value = dialog.querySelector("[name=value]");
    if (!value) return;
    value.value = card.dataset.value;
    dialog.querySelector("[data-board-currency]").textContent = card.dataset.currency;
    queueMicrotask(() => value.select());
  });
  if (given) delete given.answer;
  return given;
}

export const isRightToLeft = () => getComputedStyle(board).direction === "rtl";
