// What the scripts say, in the language of the page.
let known = null;

export function say(name, value = "") {
  known ??= JSON.parse(document.getElementById("mc-talk-words").textContent);
  return known[name].replace("%s", value);
}
