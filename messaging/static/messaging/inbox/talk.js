// One open conversation: keeps its thread, head and composer as they are on the server, and does what its buttons say.
import { Composer } from "./composer.js";
import { refreshTimes } from "./clock.js";
import { Tags } from "./tags.js";
import { Refused, fragment, getText, post } from "./net.js";
import { Reactions } from "./reactions.js";
import { Thread } from "./thread.js";
import { say } from "./words.js";

const HERE_EVERY = 4_000; // milliseconds between two words that somebody is here

export class Talk {
  constructor(root, { hurry, look, said = () => {}, gone = () => {} }) {
    this.root = root;
    this.hurry = hurry;
    this.look = look;
    this.said = said;
    this.gone = gone;
    this.element = root.querySelector("[data-talk]");
    const { id, thread, state, unread, later } = this.element.dataset;
    Object.assign(this, { id, version: thread, state, unread: Number(unread), later: Boolean(later) });
    this.thread = new Thread(this.element);
    this.reactions = new Reactions(this.element, (bubble, emoji) => this.react(bubble, emoji));
    const form = this.element.querySelector("[data-composer]");
    if (form) this.composer = new Composer(this.element, this.thread, { hurry, changed: () => this.renewHead() });
    this.abort = new AbortController();
    const once = { signal: this.abort.signal };
    root.addEventListener("click", (event) => this.clicked(event), once);
    root.addEventListener("toggle", (event) => this.toggled(event), { capture: true, ...once });
    document.addEventListener("visibilitychange", () => this.read(), once);
    window.addEventListener("focus", () => this.read(), once);
    this.thread.scroll.addEventListener("scroll", () => this.read(), { passive: true, ...once });
    this.tags = new Tags(root, { said, ...once });
    window.htmx?.process(this.element);
    this.read();
  }

  leave() {
    this.abort.abort();
    this.left = true;
  }

  get url() {
    return this.element.dataset.url;
  }

  // --- live ---
  asked(query) {
    query.set("open", this.id);
    const writes = this.composer?.writes() ?? false;
    const due = Date.now() - (this.hereAt ?? 0) > HERE_EVERY;
    if (document.hidden || !(due || (writes && !this.wrote))) return; // who has it hidden is not looking
    this.hereAt = Date.now();
    this.wrote = writes;
    query.set("here", "1");
    if (writes) query.set("writing", "1");
  }

  async told(news) {
    if (this.left) return;
    if (news === null) return this.gone();
    if (!news) return;
    this.showViewers(news.viewers);
    this.unread = news.unread;
    if (news.thread !== this.version && !this.later) await this.renewThread();
    if (news.state !== this.state) await this.renewHead();
    this.read();
  }

  async renewThread() {
    const html = await getText(`${this.url}fresh/`);
    if (this.left) return;
    const end = fragment(html).querySelector("[data-thread]").dataset;
    const added = this.thread.merge(html);
    this.version = end.thread;
    this.unread = Number(end.unread);
    window.htmx?.process(this.thread.list);
    if (added.length) this.root.dispatchEvent(new Event("talk:changed", { bubbles: true }));
    const theirs = added.filter((one) => one.matches(".mc-theirs"));
    if (theirs.length) this.said(theirs.map((one) => one.querySelector(".mc-text")?.textContent || "").join(" "));
  }

  async renewHead() {
    this.takeHead(fragment(await getText(`${this.url}head/`)));
  }

  takeHead(parts) {
    if (this.left) return "";
    const head = parts.querySelector("[data-part=head]");
    this.state = head.dataset.state;
    const place = this.element.querySelector("[data-talk-head]");
    if (place?.matches(".ib-head")) place.replaceChildren(...head.childNodes);
    this.composer?.replaceOffer(parts.querySelector("[data-part=offer]"));
    return head.dataset.said;
  }

  showViewers(viewers) {
    const line = this.element.querySelector("[data-talk-viewers]");
    const writing = viewers.filter(([, writes]) => writes);
    const shown = writing.length ? writing : viewers;
    line.hidden = !shown.length;
    line.toggleAttribute("data-writing", writing.length > 0);
    if (!shown.length) return;
    const name = shown.length > 1 ? say("several", shown[0][0]) : shown[0][0];
    const words = say(writing.length ? "writing" : "looking", name);
    const place = line.querySelector("[data-talk-viewers-words]");
    if (place.textContent !== words) place.textContent = words;
  }

  tick() {
    this.composer?.countDown();
  }

  tickMinute() {
    refreshTimes(this.root);
  }

  // --- reading ---
  async read() {
    const may = "mayAnswer" in this.element.dataset;
    if (!may || !this.unread || this.reading || this.later || document.hidden || !document.hasFocus()) return;
    if (!this.thread.atEnd()) return;
    const upTo = this.thread.newestByTime();
    if (!upTo) return;
    this.reading = true;
    try {
      await post(`${this.url}read/`, { up_to: upTo });
      this.unread = 0;
      this.look();
    } catch {
      // The next look tells again that something is unread.
    }
    this.reading = false;
  }

  // --- buttons ---
  clicked(event) {
    const at = (name) => event.target.closest(`[data-talk-${name}]`);
    const bubble = event.target.closest("article.mc-bubble");
    if (at("do")) this.act(at("do").dataset.talkDo, at("do").dataset);
    else if (at("decide")) this.decide(bubble, at("decide"));
    else if (at("react")) this.reactions.open(bubble, at("react"));
    else if (at("react-with")) this.react(bubble, at("react-with").dataset.talkReactWith);
    else if (at("again")) this.change(at("again"), at("again").dataset.talkAgain);
    else if (at("anew")) this.anew(bubble);
    else if (at("answer") && this.composer) this.composer.answerTo(bubble);
    else if (at("info")) this.toggleSide(at("info"));
  }

  async act(action, { until, assignee, team } = {}) {
    const values = Object.fromEntries(Object.entries({ until, assignee, team }).filter(([, value]) => value));
    try {
      const answer = await post(`${this.url}do/${action}/`, values);
      this.said(this.takeHead(fragment(await answer.text())), { show: true });
      this.hurry();
      return true;
    } catch (error) {
      this.said(error instanceof Refused ? error.refused : say("failed"), { show: true, bad: true });
      return false;
    }
  }

  decide(bubble, button) {
    const url = this.element.dataset.decide.replace("/0/", `/${bubble.id.slice(1)}/`).replace("/x/", `/${button.dataset.talkDecide}/`);
    return this.change(button, url);
  }

  // Have the server do something about a message, and show that as it is then.
  async change(button, url) {
    button.disabled = true;
    try {
      this.thread.merge((await (await post(url)).json()).html);
      this.hurry();
    } catch (error) {
      this.said(error instanceof Refused ? error.refused : say("failed"), { show: true, bad: true });
      button.disabled = false;
    }
  }

  async react(bubble, emoji) {
    const url = this.element.dataset.react.replace("/0/", `/${bubble.id.slice(1)}/`);
    try {
      this.thread.merge((await (await post(url, { emoji })).json()).html);
      this.hurry();
    } catch (error) {
      this.said(error instanceof Refused ? error.refused : say("failed"), { show: true, bad: true });
    }
    this.thread.list.querySelector(`#${bubble.id} [data-talk-react]`)?.focus({ preventScroll: true });
  }

  anew(bubble) {
    if (!this.composer) return;
    this.composer.setMode("answer");
    this.composer.field.value = bubble.querySelector(".mc-text").textContent;
    this.composer.field.focus();
    this.composer.grow();
    this.composer.typed();
  }

  toggleSide(button) {
    const open = this.root.toggleAttribute("data-side");
    button.setAttribute("aria-expanded", String(open));
  }

  async toggled(event) {
    const menu = event.target.closest?.("[data-talk-menu]");
    const place = menu?.open && menu.querySelector("[data-talk-colleagues]");
    if (place && !place.querySelector("button")) place.innerHTML = await getText(menu.dataset.colleagues);
  }

  openTags() {
    const info = this.element.querySelector("[data-talk-info]");
    if (info?.offsetParent && !this.root.hasAttribute("data-side")) this.toggleSide(info);
    this.tags.open();
  }

  openSnooze() {
    const menu = this.element.querySelector("[data-talk-menu]");
    if (!menu) return;
    menu.open = true;
    (menu.querySelector("[data-talk-snooze]") || menu.querySelector("button"))?.focus();
  }
}
