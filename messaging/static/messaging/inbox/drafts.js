// What somebody began to write in a conversation, kept in the browser until it is sent, also over a reload.
const KEY = "migochat.draft.";
const KEPT = 200; // conversations
const OLDEST = 30 * 24 * 3600 * 1000; // milliseconds

export function readDraft(id) {
  try {
    return JSON.parse(localStorage.getItem(KEY + id)) || {};
  } catch {
    return {};
  }
}

export function keepDraft(id, draft) {
  try {
    if (draft.text || draft.answers || draft.note || draft.pending?.length) {
      localStorage.setItem(KEY + id, JSON.stringify({ ...draft, at: Date.now() }));
    } else localStorage.removeItem(KEY + id);
  } catch {
    forgetOld(0); // the browser's room is used up
  }
}

export function forgetOld(most = KEPT) {
  const drafts = Object.keys(localStorage)
    .filter((key) => key.startsWith(KEY))
    .map((key) => [key, readDraft(key.slice(KEY.length)).at || 0])
    .sort((one, other) => other[1] - one[1]);
  drafts.forEach(([key, at], place) => {
    if (place >= most || Date.now() - at > OLDEST) localStorage.removeItem(key);
  });
}
