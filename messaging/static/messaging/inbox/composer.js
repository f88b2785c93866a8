// The field for an answer: what it offers follows the platform's rules; drafts stay; Enter sends.
import { span } from "./clock.js";
import { Counter } from "./length.js";
import { keepDraft, readDraft } from "./drafts.js";
import { startMentions } from "./mentions.js";
import { startPanels } from "./panels.js";
import { Outbox, newToken, pendingBubble } from "./sending.js";
import { startTemplates } from "./templates.js";
import { say } from "./words.js";
import { Refused, post } from "./net.js";

const TYPED_FOR = 5_000; // milliseconds that somebody counts as writing
const SOON = 60 * 60_000;

export class Composer {
  constructor(talk, thread, { hurry, changed }) {
    this.form = talk.querySelector("[data-composer]");
    this.talk = talk;
    this.thread = thread;
    this.hurry = hurry;
    this.changed = changed;
    this.id = talk.dataset.id;
    this.field = this.form.querySelector("textarea");
    this.mode = this.form.dataset.mayAnswer ? "answer" : "note";
    this.answers = null;
    this.seen = thread.newest();
    this.typedAt = 0;
    this.pending = [];
    this.outbox = new Outbox(`${talk.dataset.url}send/`, {
      sent: (html, token) => this.sent(html, token),
      refused: (words, values) => this.refused(words, values),
      answered: (answer, values) => this.answered(answer, values),
    });
    this.panels = startPanels(this);
    this.counter = new Counter(this);
    this.mentions = startMentions(this);
    this.listen();
    this.restore();
    this.readOffer();
  }

  part(name) {
    return this.form.querySelector(`[data-composer-${name}]`);
  }

  listen() {
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
    this.field.addEventListener("input", () => {
      this.grow();
      this.typed();
      this.offerPicker();
    });
    this.form.addEventListener("input", () => this.counter.show());
    this.field.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.altKey || event.isComposing || event.defaultPrevented) return;
      event.preventDefault();
      this.submit();
    });
    this.form.addEventListener("click", (event) => {
      const mode = event.target.closest("[data-composer-mode]");
      if (mode) this.setMode(mode.dataset.composerMode, { focus: true });
      else if (event.target.closest("[data-composer-unquote]")) this.answer(null);
      else if (event.target.closest("[data-composer-anyway]")) this.sendAnyway();
      else if (event.target.closest("[data-composer-not]")) this.goOn();
    });
  }

  // --- what is allowed ---
  replaceOffer(html) {
    const place = this.part("offer");
    if (!place) return;
    place.replaceChildren(...html.childNodes);
    this.readOffer();
  }

  readOffer() {
    const offer = this.form.querySelector("[data-offer]");
    this.offer = offer ? offer.dataset : { contents: "" };
    this.contents = new Set((this.offer.contents || "").split(" ").filter(Boolean));
    if (offer) startTemplates(this, offer);
    this.panels.follow(this.contents, this.offer);
    this.talk.toggleAttribute("data-may-react", Boolean(this.offer.reactions));
    if (!this.contents.has("text") && this.contents.has("comment_reply") && !this.answers) {
      const comments = this.thread.list.querySelectorAll(".mc-theirs:has([data-talk-answer=comment])");
      if (comments.length) this.answerTo(comments[comments.length - 1], { focus: false });
    }
    this.show();
    this.countDown();
  }

  mayType() {
    if (this.mode === "note") return true;
    return this.contents.has("text") || (this.answers?.comment && this.contents.has("comment_reply"));
  }

  show() {
    const may = this.mayType();
    const hints = this.field.dataset;
    this.field.disabled = !may;
    this.part("send").disabled = !may;
    this.form.toggleAttribute("data-closed", !may && !this.contents.has("comment_reply"));
    this.form.dataset.mode = this.mode;
    const closed = this.contents.has("comment_reply") ? hints.commentHint : hints.closedHint;
    this.field.placeholder = this.mode === "note" ? hints.noteHint : may ? hints.answerHint : closed;
    for (const tab of this.form.querySelectorAll("[data-composer-mode]")) {
      tab.setAttribute("aria-selected", String(tab.dataset.composerMode === this.mode));
    }
    const way = this.part("way");
    way.hidden = !this.answers?.comment || !this.contents.has("private_reply");
    this.part("answers").hidden = !this.answers || this.mode === "note";
    this.part("tools").hidden = this.mode === "note" || !this.contents.has("text") || Boolean(this.answers?.comment);
    this.grow();
  }

  countDown() {
    const left = this.part("left");
    const until = Date.parse(this.offer.until || "");
    const remaining = until - Date.now();
    left.hidden = !(remaining > 0) || this.mode === "note";
    if (left.hidden) {
      if (remaining <= 0 && !this.over) {
        this.over = true;
        this.changed(); // the window has just closed: ask what is allowed now
      }
      return;
    }
    this.over = false;
    left.classList.toggle("ib-soon", remaining < SOON);
    left.lastElementChild.textContent = say("byHand" in this.offer ? "leftByHand" : "left", span(remaining));
  }

  setMode(mode, { focus = false } = {}) {
    if (mode !== this.mode && this.form.querySelector(`[data-composer-mode="${mode}"]`)) {
      const kept = this.other || "";
      this.other = this.field.value;
      this.field.value = kept;
      this.mode = mode;
      this.panels.close();
      this.mentions.close();
      this.show();
      this.countDown();
      this.keep();
    }
    if (focus) this.field.focus();
  }

  // --- what is written ---
  grow() {
    this.field.style.blockSize = "auto";
    this.field.style.blockSize = `${Math.min(this.field.scrollHeight + 2, window.innerHeight * 0.35)}px`;
    this.counter.show();
  }

  typed() {
    if (this.mode === "answer") {
      const before = this.typedAt;
      this.typedAt = this.field.value ? Date.now() : 0;
      this.seen = this.thread.newest();
      if (Date.now() - before > TYPED_FOR) this.hurry();
    }
    this.part("refused").hidden = true;
    this.keep();
  }

  writes() {
    return Date.now() - this.typedAt < TYPED_FOR;
  }

  keep() {
    const [text, note] = this.mode === "answer" ? [this.field.value, this.other] : [this.other, this.field.value];
    keepDraft(this.id, { text, note, answers: this.answers?.id, pending: this.pending });
  }

  restore() {
    const draft = readDraft(this.id);
    [this.field.value, this.other] =
      this.mode === "answer" ? [draft.text || "", draft.note || ""] : [draft.note || "", draft.text || ""];
    const answered = draft.answers && this.thread.list.querySelector(`#m${draft.answers}`);
    if (answered) this.answerTo(answered, { focus: false });
    // What was under way when the page was left goes on under the same token: the server knows whether it has it.
    for (const values of draft.pending || []) this.deliver(values, { text: values.text });
  }

  insert(text, from = this.field.selectionStart, to = this.field.selectionEnd) {
    this.field.setRangeText(text, from, to, "end");
    this.field.focus();
    this.grow();
    this.typed();
  }

  // A word that begins with / opens a picker of ready-made answers, where there is one: see `composer:slash`.
  offerPicker() {
    const end = this.field.selectionStart;
    const found = this.mode === "answer" && /(?:^|\s)\/([^\s/]{0,40})$/.exec(this.field.value.slice(0, end));
    const picker = this.part("picker");
    const from = found ? end - found[1].length - 1 : end;
    const detail = {
      words: found ? found[1] : null, // null: close it
      conversation: this.id,
      picker,
      insert: (text) => this.insert(text, from, this.field.selectionStart),
    };
    this.form.dispatchEvent(new CustomEvent("composer:slash", { bubbles: true, detail }));
  }

  // --- answering one message ---
  answerTo(bubble, { focus = true } = {}) {
    const button = bubble.querySelector("[data-talk-answer]");
    if (!button) return;
    const words = bubble.querySelector(".mc-text")?.textContent || bubble.querySelector(".mc-kind")?.textContent || "";
    this.answer({ id: bubble.id.slice(1), words: words.trim(), comment: button.dataset.talkAnswer === "comment" });
    if (focus) {
      this.setMode("answer");
      this.field.focus();
    }
  }

  answer(message) {
    this.answers = message;
    this.part("quote").textContent = message?.words || "";
    this.show();
    this.keep();
  }

  // --- sending ---
  content() {
    if (this.answers?.comment) return this.form.querySelector("[name=way]:checked").value;
    if (this.panels.file) return "media";
    return this.panels.buttons().length ? "buttons" : "text";
  }

  async submit() {
    const text = this.field.value.trim();
    if (!this.mayType()) return;
    if (this.counter.show()) return this.refuse(say("tooLong"));
    if (this.mode === "note") return text && this.sendNote(text);
    const file = this.panels.file;
    if (!text && !file) return this.field.focus();
    const values = { content: this.content(), text, answers: this.answers?.id, file, button: this.panels.buttons() };
    this.send(values, { text, quote: this.answers?.words, file });
    this.field.value = "";
    this.typedAt = 0;
    this.panels.clear();
    this.answers = null;
    this.answer(null);
    this.readOffer();
    this.field.focus();
  }

  send(values, shown) {
    const whole = { token: newToken(), seen_up_to: this.seen, ...values };
    this.part("refused").hidden = true;
    if (!whole.file) this.pending.push(whole);
    this.keep();
    return this.deliver(whole, shown);
  }

  deliver(values, shown) {
    if (!values.file && !this.pending.includes(values)) this.pending.push(values);
    const bubble = pendingBubble(shown, values.token);
    this.thread.append(bubble);
    return this.outbox.put(values, bubble);
  }

  done(token) {
    this.pending = this.pending.filter((values) => values.token !== token);
    this.keep();
  }

  sent(html, token) {
    this.done(token);
    this.thread.merge(html, { ours: true });
    this.seen = Math.max(this.seen, this.thread.newest());
    this.hurry();
  }

  // Give back what was written, in front of what was begun since.
  giveBack(values) {
    this.done(values.token);
    if (values.text && values.content !== "template") {
      this.setMode("answer");
      this.field.value = [values.text, this.field.value].filter(Boolean).join("\n");
    }
    if (values.file && values.content !== "template") this.panels.attach(values.file);
    this.panels.refill(values.button);
    const answered = values.answers && this.thread.list.querySelector(`#m${values.answers}`);
    if (answered) this.answerTo(answered);
    this.show();
    this.keep();
  }

  refuse(words) {
    Object.assign(this.part("refused"), { textContent: words, hidden: false });
    this.field.focus();
  }

  refused(words, values) {
    this.giveBack(values);
    this.refuse(words);
    this.changed();
  }

  answered(answer, values) {
    this.thread.merge(answer.html);
    this.giveBack(values);
    this.asked = { ...values, seen_up_to: Math.max(answer.id, this.thread.newest()), token: undefined };
    this.part("ask-words").textContent = answer.answered;
    this.part("ask").hidden = false;
    this.part("anyway").focus();
  }

  sendAnyway() {
    this.part("ask").hidden = true;
    this.seen = this.thread.newest();
    if (this.asked.content === "template" || this.asked.content === "location") {
      const { token, ...values } = this.asked;
      this.send({ ...values, seen_up_to: this.seen }, { text: values.text });
    } else this.submit();
  }

  goOn() {
    this.part("ask").hidden = true;
    this.seen = this.thread.newest();
    this.field.focus();
  }

  async sendNote(text) {
    this.field.value = "";
    this.grow();
    try {
      const answer = await (await post(`${this.talk.dataset.url}note/`, { text })).json();
      this.thread.merge(answer.html, { ours: true });
      if (answer.said) this.refuse(answer.said);
    } catch (error) {
      this.field.value = [text, this.field.value].filter(Boolean).join("\n");
      this.refuse(error instanceof Refused ? error.refused : say("failed"));
    }
    this.grow();
    this.keep();
  }
}
