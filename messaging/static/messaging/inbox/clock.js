// Keeps relative times and the time left to answer up to date.
import { say } from "./words.js";

const MINUTE = 60_000;

export function span(milliseconds) {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const [days, hours, minutes] = [Math.floor(seconds / 86_400), Math.floor(seconds / 3600), Math.floor(seconds / 60)];
  if (hours < 1) return `${minutes}:${String(seconds % 60).padStart(2, "0")}`;
  if (days < 2) return `${say("hours", hours)} ${say("minutes", minutes % 60)}`;
  return say("hours", hours);
}

export function refreshTimes(root) {
  for (const time of root.querySelectorAll("time.mc-time[datetime]")) {
    const gone = Date.now() - Date.parse(time.dateTime);
    if (!(gone >= 0 && gone < 24 * 60 * MINUTE)) continue;
    const minutes = Math.floor(gone / MINUTE);
    const text = minutes < 1 ? say("now") : minutes < 60 ? say("minutes", minutes) : say("hours", Math.floor(minutes / 60));
    if (time.textContent !== text) time.textContent = text;
  }
}
