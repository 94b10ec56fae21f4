// The buttons, the scrub bar and the keys of the video player. Everything is a native control with a name.

import { Captions } from "./captions.js";
import { paintCoverage } from "./coverage.js";
import { timecode } from "./words.js";

const ARROW_MS = 5_000;

export class VideoControls {
  #scrubbing = false;

  constructor({ root, video, lesson, words, durationMs }) {
    Object.assign(this, { root, video, lesson, words, durationMs });
    this.scrub = root.querySelector("[data-scrub]");
    this.bar = root.querySelector("[data-bar]");
    this.clock = root.querySelector("[data-clock]");
    this.scrub.max = String(durationMs);
    this.#wireButtons();
    this.#wireScrub();
    this.captions = new Captions({
      video,
      select: root.querySelector("[data-caption-language]"),
      changed: (language) => this.#dressCaptions(language),
    });
    document.addEventListener("keydown", (event) => this.#key(event));
    this.paint([], null);
  }

  enable() {
    this.root.querySelectorAll("button, input, select").forEach((control) => { control.disabled = false; });
  }

  /** `pending` is the stretch that runs now and is not acknowledged yet. */
  paint(covered, pending) {
    const position = this.lesson.position();
    paintCoverage(this.bar, covered, this.durationMs, position, pending);
    const shown = this.#scrubbing ? Number(this.scrub.value) : position;
    if (!this.#scrubbing) this.scrub.value = String(position);
    this.scrub.setAttribute("aria-valuetext",
      this.words.fill("scrub_value", { position: timecode(shown), duration: timecode(this.durationMs) }));
    this.clock.textContent = `${timecode(shown)} / ${timecode(this.durationMs)}`;
  }

  refreshPlay() {
    const playing = this.lesson.wantsPlay;
    this.root.querySelectorAll("[data-control='play']").forEach((button) => this.#dress(button, playing ? "pause" : "play"));
    this.root.toggleAttribute("data-playing", playing);
  }

  #wireButtons() {
    const actions = {
      play: () => this.lesson.toggle(),
      back: () => this.lesson.back(),
      mute: () => { this.video.muted = !this.video.muted; },
      captions: () => this.captions.toggle(),
      fullscreen: () => this.#toggleFullscreen(),
    };
    this.root.addEventListener("click", (event) => {
      const button = event.target.closest("[data-control]");
      if (button && !button.disabled) actions[button.dataset.control]?.();
      else if (event.target === this.video && !this.scrub.disabled) this.lesson.toggle();
    });
    const volume = this.root.querySelector("[data-volume]");
    volume.addEventListener("input", () => { this.video.volume = Number(volume.value) / 100; this.video.muted = false; });
    this.video.addEventListener("volumechange", () => {
      this.#dress(this.#button("mute"), this.video.muted ? "unmute" : "mute", this.video.muted ? "mute" : "sound");
      volume.value = String(this.video.muted ? 0 : Math.round(this.video.volume * 100));
    });
    for (const name of ["play", "pause", "ended"]) this.video.addEventListener(name, () => this.refreshPlay());
    this.#button("fullscreen").hidden = !document.fullscreenEnabled;
    document.addEventListener("fullscreenchange", () => {
      this.#dress(this.#button("fullscreen"), document.fullscreenElement ? "shrink" : "fullscreen");
    });
  }

  #wireScrub() {
    this.scrub.addEventListener("input", () => { this.#scrubbing = true; });
    this.scrub.addEventListener("change", () => {
      this.#scrubbing = false;
      this.scrub.value = String(this.lesson.seekTo(Number(this.scrub.value)));
    });
  }

  #key(event) {
    if (event.ctrlKey || event.altKey || event.metaKey || this.scrub.disabled || document.querySelector("dialog[open]")) return;
    const onScrub = event.target === this.scrub;
    if (event.target.closest("input, textarea, select, [contenteditable]") && !onScrub) return;
    if (event.key === " " && event.target.closest("button, a, summary")) return;
    const actions = {
      " ": () => this.lesson.toggle(),
      k: () => this.lesson.toggle(),
      ArrowLeft: () => (onScrub ? this.lesson.seekTo(this.lesson.position() - ARROW_MS) : this.lesson.back()),
      ArrowRight: onScrub ? () => this.lesson.seekTo(this.lesson.position() + ARROW_MS) : null,
      c: () => this.captions.toggle(),
      m: () => { this.video.muted = !this.video.muted; },
      f: () => this.#toggleFullscreen(),
    };
    const action = actions[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!action) return;
    event.preventDefault();
    action();
  }

  #dressCaptions(language) {
    const button = this.#button("captions");
    if (!button) return; // this lesson has none
    this.#dress(button, language ? "captions_off" : "captions_on", "captions");
    button.toggleAttribute("data-on", Boolean(language));
  }

  #toggleFullscreen() {
    if (document.fullscreenElement) document.exitFullscreen();
    else if (document.fullscreenEnabled) this.root.requestFullscreen();
  }

  #button(name) {
    return this.root.querySelector(`[data-control='${name}']`);
  }

  #dress(button, textKey, icon = textKey) {
    button.setAttribute("aria-label", this.words.fill(textKey));
    const use = button.querySelector("use");
    use.setAttribute("href", use.getAttribute("href").replace(/#.*/, `#${icon}`));
  }
}
