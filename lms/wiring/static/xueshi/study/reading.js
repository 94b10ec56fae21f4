// A reading lesson as a time line: its sections stand one after the other, each with a ceiling, and the place moves one
// second a second while the current section is on the screen. `ReadingTimeline` is pure; `ReadingLesson` watches the page.

import { firstGap, measure } from "./coverage.js";

const STEP_MS = 500;
const STEP_LATE_MS = 2_000; // a frozen page wakes up with a huge step: that time was not read
const IDLE_MS = 180_000;
const SHOWN_RATIO = 0.5;
const SHOWN_OF_SCREEN = 0.35;

export class ReadingTimeline {
  constructor(sections, covered = [], positionMs = 0) {
    this.sections = sections.map(({ from_ms: from, to_ms: to }) => ({ from, to, place: firstGap(covered, from, to) }));
    const at = this.sections.findIndex(({ from, to }) => positionMs >= from && positionMs < to);
    this.current = at >= 0 ? at : this.#firstOpen();
  }

  get positionMs() {
    const section = this.sections[this.current];
    return section ? section.place : 0;
  }

  get finished() {
    return this.sections.every(({ to, place }) => place >= to);
  }

  isDone(index) {
    return this.sections[index].place >= this.sections[index].to;
  }

  /** Moves on by what passed, never over the section's ceiling. */
  advance(ms) {
    const section = this.sections[this.current];
    section.place = Math.min(section.place + ms, section.to);
  }

  /** Which section is read, if these are on the screen: the current one while it is open, else the first open one. */
  choose(shown) {
    if (shown.includes(this.current) && !this.isDone(this.current)) return this.current;
    return shown.find((index) => !this.isDone(index)) ?? null;
  }

  /** Goes to a section; says whether that is a jump on the time line, or simply the next place. */
  enter(index) {
    const from = this.positionMs;
    this.current = index;
    return { from, to: this.positionMs, jumped: Math.abs(this.positionMs - from) > 1 };
  }

  /** What the server knows to be covered replaces what the page believed. */
  correct(covered) {
    for (const section of this.sections) section.place = firstGap(covered, section.from, section.to);
  }

  share(index, covered) {
    const { from, to, place } = this.sections[index];
    return to > from ? Math.max(measure(covered, from, to), place - from) / (to - from) : 1;
  }

  #firstOpen() {
    const open = this.sections.findIndex(({ to, place }) => place < to);
    return open >= 0 ? open : this.sections.length - 1;
  }
}

export class ReadingLesson {
  #shown = new Set();
  #started = false;
  #holds = new Set();
  #running = false;
  #lastStep = 0;
  #lastTouch = 0;
  #ended = false;

  /** `on`: run(), stand(why), seek(from, to), end(), moved(). `covered()` gives the stretches. */
  constructor({ root, sections, covered, on, now = () => performance.now() }) {
    Object.assign(this, { covered, on, now });
    this.elements = [...root.querySelectorAll("[data-section]")];
    this.timeline = new ReadingTimeline(sections);
    this.why = "ready";
    this.#watch();
  }

  get running() {
    return this.#running;
  }

  get wantsPlay() {
    return this.#started && !this.#holds.size;
  }

  /** Started is not enough: nobody may have touched it for an hour. */
  get goesOn() {
    return this.#running;
  }

  position() {
    return Math.round(this.timeline.positionMs);
  }

  load({ resumeMs }) {
    const { sections } = this.timeline;
    this.timeline = new ReadingTimeline(sections.map(({ from, to }) => ({ from_ms: from, to_ms: to })), this.covered(), resumeMs);
    this.#ended = this.timeline.finished;
    this.on.moved();
  }

  play() {
    this.#started = true;
    this.#lastTouch = this.now();
    this.#step();
  }

  pause() {
    this.#started = false;
    this.#stand("paused");
  }

  hold(reason) {
    this.#holds.add(reason);
    this.#stand(reason);
  }

  release(reason) {
    if (this.#holds.delete(reason)) this.#step();
  }

  /** Time was taken back: sections that are no longer covered are open again. */
  takenBack() {
    const from = this.position();
    this.timeline.correct(this.covered());
    this.#ended = this.timeline.finished;
    const to = this.position();
    if (Math.abs(to - from) > 1) this.on.seek(from, to);
    this.on.moved();
  }

  #watch() {
    const thresholds = [0, 0.1, 0.25, SHOWN_RATIO, 0.75, 1];
    const observer = new IntersectionObserver((entries) => {
      for (const { target, intersectionRatio, intersectionRect, rootBounds } of entries) {
        const screen = rootBounds?.height || window.innerHeight;
        const isShown = intersectionRatio >= SHOWN_RATIO || intersectionRect.height >= screen * SHOWN_OF_SCREEN;
        const index = this.elements.indexOf(target);
        if (isShown) this.#shown.add(index);
        else this.#shown.delete(index);
      }
      this.#step();
    }, { threshold: thresholds });
    this.elements.forEach((element) => observer.observe(element));
    for (const name of ["scroll", "pointerdown", "pointermove", "keydown", "touchmove", "wheel"]) {
      window.addEventListener(name, () => this.#touched(), { passive: true });
    }
    setInterval(() => this.#step(), STEP_MS);
  }

  #touched() {
    this.#lastTouch = this.now();
    if (this.why === "idle") this.#step();
  }

  #step() {
    const now = this.now();
    const passed = now - this.#lastStep;
    this.#lastStep = now;
    if (this.#running && passed <= STEP_LATE_MS) this.timeline.advance(passed);
    const why = this.#whyNot(now);
    if (why === null) this.#run();
    else this.#stand(why);
    if (this.timeline.finished && !this.#ended) {
      this.#ended = true;
      this.#started = false;
      this.on.end();
    }
    this.on.moved();
  }

  /** Why the clock stands, or null; enters the section that is being read. */
  #whyNot(now) {
    if (this.timeline.finished) return "finished";
    if (!this.#started) return this.why === "ready" ? "ready" : "paused";
    if (this.#holds.size) return [...this.#holds][0];
    if (now - this.#lastTouch > IDLE_MS) return "idle";
    const shown = [...this.#shown].sort((one, other) => one - other);
    const index = this.timeline.choose(shown);
    if (index === null) return shown.some((each) => this.timeline.isDone(each)) ? "section_done" : "off_screen";
    if (index !== this.timeline.current) {
      const { from, to, jumped } = this.timeline.enter(index);
      if (jumped) this.on.seek(from, to);
    }
    return null;
  }

  #run() {
    if (this.#running) return;
    this.why = null;
    this.#running = true;
    this.on.run();
  }

  #stand(why) {
    const was = this.why;
    this.why = why;
    if (this.#running) {
      this.#running = false;
      this.on.stand(why);
    } else if (was !== why) {
      this.on.moved();
    }
  }
}
