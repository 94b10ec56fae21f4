// The names under which this page studies: one session for each lesson and tab, one device for the browser. The client
// makes them; they grant nothing.

/** Random UUIDs also where `crypto.randomUUID` is missing (plain http inside a plant's network). */
export function randomUuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, "$1-$2-$3-$4-$5");
}

function kept(storage, key, make) {
  try {
    const found = storage.getItem(key) ?? make();
    storage.setItem(key, found);
    return found;
  } catch {
    return make(); // a browser that keeps nothing still studies, it only cannot resume
  }
}

export function deviceId() {
  return kept(window.localStorage, "xueshi.device", randomUuid);
}

const sessionKey = (lesson) => `xueshi.session.${lesson}`;

export function newSession(lesson) {
  try { window.sessionStorage.removeItem(sessionKey(lesson)); } catch { /* nothing kept */ }
  return kept(window.sessionStorage, sessionKey(lesson), randomUuid);
}

/** A reload resumes its session. A duplicated tab copies the storage, so the second holder of the name takes a new one. */
export async function sessionId(lesson) {
  const session = kept(window.sessionStorage, sessionKey(lesson), randomUuid);
  if (!navigator.locks) return session;
  const isMine = await new Promise((resolve) => {
    navigator.locks.request(`xueshi ${session}`, { ifAvailable: true }, (lock) => {
      resolve(lock !== null);
      return lock ? new Promise(() => {}) : undefined; // held until the page is gone
    }).catch(() => resolve(true));
  });
  return isMine ? session : newSession(lesson);
}
