// What the page believes about time and coverage between two acknowledgements, and how the server's word replaces it.
// Believed time only ever bridges the seconds since the last acknowledged beat.

import { coveredByBeat, measure, withStretch } from "./coverage.js";

const COMPLETE_SHARE = 0.97;

export class Progress {
  #accrued = 0;
  #settled = 0;
  #beats = [];
  #point = null;

  constructor({ durationMs, module, day }) {
    Object.assign(this, { durationMs, module, day });
    this.covered = [];
    this.lessonMs = 0;
    this.earnedMs = 0;
    this.provisionalMs = module.provisional_ms;
    this.dayLeftMs = day.cap_ms - day.credited_ms;
  }

  /** The server's stretches; nothing believed before stays. */
  opened(message) {
    this.covered = message.covered.map(([from, to]) => [from, to]);
    this.lessonMs = message.credited_ms;
    this.dayLeftMs = message.day_left_ms;
  }

  forget() {
    this.#beats = [];
    this.#point = null;
    this.#settled = this.#accrued;
  }

  /** Hears of a beat when it is made: remembers the stretch before it. */
  beat(beat) {
    const to = beat.from_ms ?? beat.position_ms;
    const from = this.#point?.playing ? this.#point.position : to;
    this.#beats.push({ seq: beat.seq, from, to: Math.max(from, to), accrued: this.#accrued });
    this.#point = { position: beat.position_ms, playing: beat.playing && beat.visible };
  }

  acked(ack) {
    const settled = this.#beats.filter(({ seq }) => seq <= ack.seq);
    this.#beats = this.#beats.filter(({ seq }) => seq > ack.seq);
    for (const { from, to } of settled) this.covered = withStretch(this.covered, ...coveredByBeat(from, to, ack));
    if (settled.length) this.#settled = settled.at(-1).accrued;
    this.lessonMs = ack.lesson_ms;
    this.dayLeftMs = ack.day_left_ms;
    this.earnedMs += ack.credited_ms;
    this.provisionalMs = ack.provisional_ms;
  }

  /** Presence checks move time from provisional to confirmed, or take it back. */
  settled(voidedMs) {
    this.earnedMs -= voidedMs;
    this.lessonMs = Math.max(0, this.lessonMs - voidedMs);
    this.provisionalMs = 0;
  }

  tick(passedMs) {
    this.#accrued += passedMs;
  }

  get liveMs() {
    return Math.max(0, Math.min(this.#accrued - this.#settled, this.dayLeftMs, this.durationMs - this.lessonMs));
  }

  /** Covered as far as the page can know, with what is not acknowledged yet and the stretch that runs now. */
  local(positionMs) {
    let stretches = this.covered;
    for (const { from, to } of this.#beats) stretches = withStretch(stretches, from, to);
    const running = this.running(positionMs);
    return running ? withStretch(stretches, ...running) : stretches;
  }

  running(positionMs) {
    if (!this.#point?.playing || positionMs <= this.#point.position) return null;
    return [this.#point.position, positionMs];
  }

  /** Whether this place was covered before the stretch that runs now. */
  alreadyCovered(positionMs) {
    return this.covered.some(([from, to]) => positionMs >= from && positionMs < to - 250);
  }

  isComplete(positionMs) {
    return measure(this.local(positionMs)) >= this.durationMs * COMPLETE_SHARE;
  }

  get figures() {
    const live = this.liveMs;
    const moduleTotal = this.module.confirmed_ms + this.module.provisional_ms + this.earnedMs;
    const waitMs = Math.min(this.provisionalMs, moduleTotal);
    return {
      lesson: { ms: this.lessonMs, waitMs: live, wholeMs: this.durationMs },
      module: { ms: moduleTotal - waitMs, waitMs: waitMs + live, wholeMs: this.module.required_ms },
      day: { ms: this.day.cap_ms - this.dayLeftMs, waitMs: live, wholeMs: this.day.cap_ms },
    };
  }
}
