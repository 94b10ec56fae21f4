// Addresses of segments are good for one login and some hours (media_pipeline/rules/addresses.py). A lesson that was left open
// overnight, or a login that was renewed in another tab, has them answered 403: then the playlists are read once more, and the
// segments that hls.js still knows by their old addresses are asked for by the new ones.

const REFUSED = 403;
const RENEW_EVERY_MS_MIN = 2_000;

function folderOf(address) {
  const { pathname } = new URL(address, location);
  return pathname.slice(0, pathname.lastIndexOf("/"));
}

function addressesIn(text, base) {
  return text.split("\n").filter((line) => line && !line.startsWith("#")).map((line) => new URL(line, base));
}

/** For hls.js: a refused segment is asked for again, as what it tries again by itself. */
export function retriesSegment(policy, count, _isTimeout, answer, retry) {
  return retry || (answer?.code === REFUSED && count < policy.maxNumRetry);
}

export class FilmAddresses {
  #signatures = new Map(); // folder of a rendition -> the query of its newest addresses
  #renewing = null;
  #renewedAt = -Infinity;

  constructor(playlist) {
    this.playlist = new URL(playlist, location);
  }

  /** Called by hls.js before each request, which then waits for the promise. */
  beforeRequest(xhr, address) {
    if (!new URL(address, location).searchParams.has("signature")) return undefined;
    xhr.addEventListener("load", () => xhr.status === REFUSED && this.#renew());
    if (this.#renewing) return this.#renewing.then(() => this.#open(xhr, address));
    return this.#open(xhr, address);
  }

  #open(xhr, address) {
    const signature = this.#signatures.get(folderOf(address));
    if (signature) xhr.open("GET", address.split("?")[0] + signature, true);
  }

  #renew() {
    if (this.#renewing || performance.now() - this.#renewedAt < RENEW_EVERY_MS_MIN) return;
    this.#renewedAt = performance.now();
    this.#renewing = this.#read().catch(() => {}).finally(() => { this.#renewing = null; });
  }

  async #read() {
    const master = await (await fetch(this.playlist)).text();
    for (const variant of addressesIn(master, this.playlist)) {
      const [segment] = addressesIn(await (await fetch(variant)).text(), variant);
      if (segment) this.#signatures.set(folderOf(segment), segment.search);
    }
  }
}
