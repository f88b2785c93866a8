// What goes along with an answer, or instead of one: a file, a place, quick replies.
import { say } from "./words.js";

export function startPanels(composer) {
  const { form } = composer;
  // Made here, marked as known: Unfold's script would look for a text field beside each other file field.
  const chooser = Object.assign(document.createElement("input"), { type: "file", hidden: true, hasChangeListener: true });
  form.querySelector("[data-composer-tools]").append(chooser);
  const shown = form.querySelector("[data-composer-file]");
  const preview = shown.querySelector("img");
  const panel = (name) => form.querySelector(`[data-composer-panel="${name}"]`);
  const openers = [...form.querySelectorAll("[data-composer-open]")];

  const tell = (words) => Object.assign(composer.part("refused"), { textContent: words, hidden: !words });

  function attach(file) {
    const { accept, most, mostPicture } = composer.offer;
    const bound = Number(file.type.startsWith("image/") ? mostPicture : most);
    if (!accept.split(",").includes(file.type)) return tell(say("wrongKind"));
    if (file.size > bound) return tell(say("tooBig", Math.floor(bound / 1024 / 1024)));
    tell("");
    panels.file = file;
    shown.hidden = false;
    shown.querySelector("bdi").textContent = file.name;
    preview.hidden = !file.type.startsWith("image/");
    if (!preview.hidden) {
      const reader = new FileReader(); // the content policy allows data: addresses, not blob: ones
      reader.addEventListener("load", () => (preview.src = reader.result));
      reader.readAsDataURL(file);
    }
    composer.grow();
    composer.field.focus();
  }

  function unfile() {
    panels.file = null;
    chooser.value = "";
    shown.hidden = true;
    preview.removeAttribute("src");
  }

  function open(name) {
    const wanted = panel(name);
    const opening = wanted.hidden;
    close();
    wanted.hidden = !opening;
    openers.forEach((one) => one.setAttribute("aria-expanded", String(opening && one.dataset.composerOpen === name)));
    if (opening) wanted.querySelector("input").focus();
  }

  function close() {
    for (const one of form.querySelectorAll("[data-composer-panel]")) one.hidden = true;
    openers.forEach((one) => one.setAttribute("aria-expanded", "false"));
  }

  const inputs = () => [...panel("buttons").querySelectorAll("input")];
  const buttons = () =>
    panel("buttons").hidden ? [] : inputs().map((input) => input.value.trim()).filter(Boolean);

  function sendPlace() {
    const field = (name) => panel("location").querySelector(`[name=${name}]`).value.trim();
    const [latitude, longitude] = [field("latitude").replace(",", "."), field("longitude").replace(",", ".")];
    const values = { content: "location", latitude, longitude, name: field("name"), address: field("address") };
    composer.send(values, { text: [values.name || `${latitude}, ${longitude}`, values.address].filter(Boolean).join("\n") });
    close();
  }

  function here() {
    navigator.geolocation?.getCurrentPosition(
      ({ coords }) => {
        panel("location").querySelector("[name=latitude]").value = coords.latitude.toFixed(6);
        panel("location").querySelector("[name=longitude]").value = coords.longitude.toFixed(6);
      },
      () => tell(say("noPosition")),
    );
  }

  function oneMore() {
    const all = inputs();
    const next = all[0].cloneNode();
    next.value = next.placeholder = "";
    all[all.length - 1].after(next);
    form.querySelector("[data-composer-more-buttons]").hidden = all.length + 1 >= Number(form.dataset.mostButtons);
    next.focus();
  }

  form.addEventListener("click", (event) => {
    const at = (name) => event.target.closest(`[data-composer-${name}]`);
    if (at("attach")) chooser.click();
    else if (at("unfile")) unfile();
    else if (at("open")) open(at("open").dataset.composerOpen);
    else if (at("send-place")) sendPlace();
    else if (at("here")) here();
    else if (at("more-buttons")) oneMore();
  });
  chooser.addEventListener("change", () => chooser.files[0] && attach(chooser.files[0]));
  composer.field.addEventListener("paste", (event) => {
    const [file] = event.clipboardData?.files || [];
    if (!file || !composer.contents.has("media") || composer.mode === "note") return;
    event.preventDefault();
    attach(file);
  });
  composer.talk.addEventListener("dragover", (event) => event.preventDefault());
  composer.talk.addEventListener("drop", (event) => {
    event.preventDefault();
    const [file] = event.dataTransfer?.files || [];
    if (file && composer.contents.has("media")) attach(file);
  });

  const panels = {
    file: null,
    attach,
    buttons,
    close,
    refill: (titles) => {
      if (!titles?.length) return;
      while (inputs().length < titles.length) oneMore();
      inputs().forEach((input, place) => (input.value = titles[place] || ""));
      panel("buttons").hidden = false;
    },
    clear: () => {
      unfile();
      close();
      inputs().forEach((input) => (input.value = ""));
    },
    follow: (contents, offer) => {
      const names = { attach: "media", "open=location": "location", "open=buttons": "buttons" };
      for (const [name, content] of Object.entries(names)) {
        const [attribute, value] = name.split("=");
        const button = form.querySelector(`[data-composer-${attribute}${value ? `="${value}"` : ""}]`);
        button.hidden = !contents.has(content);
      }
      chooser.accept = offer.accept || "";
    },
  };
  return panels;
}
