// Delivery is the server's second witness: a film earns only where its keys were given to this session, a little ahead
// of where the learner can be. The player fetches them itself for the session that loads the film. One that is opened
// later on the same page has to fetch its own, though the player still holds them. A key that is asked for too early (425)
// is asked for again when the server says.

const AHEAD_MS = 20_000;
const RETRY_S = 2;
const TOO_EARLY = 425;

/** The windows of a media playlist: where each begins, in ms, and the address of its key. */
export function windowsOf(text, address) {
  const windows = [];
  let placeMs = 0;
  for (const line of text.split("\n")) {
    const key = line.match(/^#EXT-X-KEY:.*URI="([^"]+)"/);
    if (key) windows.push({ fromMs: placeMs, key: new URL(key[1], address).href });
    else if (line.startsWith("#EXTINF:")) placeMs += Math.round(parseFloat(line.slice(8)) * 1000);
  }
  return windows;
}

export class FilmKeys {
  #windows = null;
  #notBefore = new Map(); // key -> when it may be asked for again; Infinity once it is given or on its way

  constructor(playlist) {
    this.playlist = playlist;
  }

  /** How long the longest wait for a refused key still is. */
  get waitMs() {
    const waits = [...this.#notBefore.values()].filter(Number.isFinite);
    return Math.max(0, ...waits.map((moment) => moment - performance.now()));
  }

  /** Called by hls.js before each request, which then waits for the promise. */
  beforeRequest(xhr, address) {
    const waitMs = (this.#notBefore.get(address) ?? 0) - performance.now();
    xhr.addEventListener("load", () => {
      if (xhr.status === TOO_EARLY) this.#refused(address, xhr.getResponseHeader("Retry-After"));
    });
    return waitMs > 0 && Number.isFinite(waitMs) ? new Promise((resolve) => { setTimeout(resolve, waitMs); }) : undefined;
  }

  /** What was fetched before was not for the session that studies now. */
  async renew(placeMs) {
    this.#notBefore.clear();
    this.#windows ??= await this.#readWindows();
    this.moved(placeMs);
  }

  /** Fetches the keys of this place and of what comes next, once each; nothing unless it was renewed. */
  moved(placeMs) {
    this.#windows?.forEach(({ fromMs, key }, index) => {
      const toMs = this.#windows[index + 1]?.fromMs ?? Infinity;
      if (fromMs <= placeMs + AHEAD_MS && placeMs < toMs) this.#fetch(key);
    });
  }

  async #fetch(key) {
    if ((this.#notBefore.get(key) ?? 0) > performance.now()) return;
    this.#notBefore.set(key, Infinity);
    try {
      const answer = await fetch(key, { cache: "no-store" });
      if (!answer.ok) this.#refused(key, answer.headers.get("Retry-After"));
    } catch {
      this.#refused(key, null);
    }
  }

  #refused(key, afterS) {
    this.#notBefore.set(key, performance.now() + (Number(afterS) || RETRY_S) * 1000);
  }

  async #readWindows() {
    try {
      const master = await (await fetch(this.playlist)).text();
      const variant = new URL(master.split("\n").find((line) => line && !line.startsWith("#")), new URL(this.playlist, location));
      return windowsOf(await (await fetch(variant)).text(), variant);
    } catch {
      return null; // tried again at the next refusal
    }
  }
}
