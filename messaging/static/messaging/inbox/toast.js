// A short word about what was done, shown for a moment and read out.
let timer = 0;

export function toast(words, { bad = false } = {}) {
  if (!words) return;
  let place = document.querySelector(".ib-toast");
  if (!place) {
    place = document.createElement("p");
    place.className = "ib-toast";
    place.setAttribute("role", "status");
    document.body.append(place);
  }
  place.textContent = words;
  place.classList.toggle("mc-bad", bad);
  place.classList.add("ib-shown");
  clearTimeout(timer);
  timer = setTimeout(() => place.classList.remove("ib-shown"), 4_000);
}
