// Captions of a video: native tracks, one shown or none. The page lists the reader's own language first; what a reader
// chose is remembered in this browser, for every lesson.

const KEY = "xueshi.captions";

function remembered() {
  try { return JSON.parse(window.localStorage.getItem(KEY)) ?? {}; } catch { return {}; }
}

function remember(choice) {
  try { window.localStorage.setItem(KEY, JSON.stringify(choice)); } catch { /* this browser keeps nothing */ }
}

export class Captions {
  /** `changed(language)`: the language that is shown from now on, or null. */
  constructor({ video, select, changed }) {
    Object.assign(this, { video, select, changed });
    // Only our own: other tracks (of hls.js, of the system) are none of the reader's captions.
    this.tracks = [...video.querySelectorAll("track")].map((element) => element.track);
    const { language, shown } = remembered();
    this.language = this.#has(language) ? language : this.tracks[0]?.language;
    this.shown = shown === true && this.tracks.length > 0;
    this.select?.addEventListener("change", () => this.#choose(this.select.value, true));
    // A full screen of the system's own (iPhones) has a menu of its own for tracks: what is chosen there holds here.
    video.textTracks.addEventListener("change", () => this.#chosenElsewhere());
    this.#apply();
  }

  toggle() {
    if (this.tracks.length) this.#choose(this.language, !this.shown);
  }

  #has(language) {
    return this.tracks.some((track) => track.language === language);
  }

  #choose(language, shown) {
    Object.assign(this, { language, shown });
    remember({ language, shown });
    this.#apply();
  }

  #wanted(track) {
    return this.shown && track.language === this.language ? "showing" : "disabled";
  }

  #apply() {
    for (const track of this.tracks) if (track.mode !== this.#wanted(track)) track.mode = this.#wanted(track);
    if (this.select) {
      this.select.value = this.language;
      this.select.hidden = !this.shown; // nothing to choose while nothing is shown
    }
    this.changed(this.shown ? this.language : null);
  }

  #chosenElsewhere() {
    if (this.tracks.every((track) => track.mode === this.#wanted(track))) return;
    const showing = this.tracks.find((track) => track.mode === "showing" && this.#wanted(track) !== "showing")
      ?? this.tracks.find((track) => track.mode === "showing");
    this.#choose(showing?.language ?? this.language, Boolean(showing));
  }
}
