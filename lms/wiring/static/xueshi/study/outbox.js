// What was said and is not dealt with yet: beats in their order, and the answer to a check.
//
// Resent beats are stamped with the time at which the server reads them, so a row of old ticks would look like a rush.
// `foldBeats` keeps only those that carry a change; the last one carries the whole stretch.

const BEATS_MAX = 64;

/** Drops ticks that a later beat of the same run repeats. A tick that tells of a change (`edge`) stays. */
export function foldBeats(entries) {
  return entries.filter(({ beat, edge }, index) => {
    const next = entries[index + 1]?.beat;
    return !next || beat.event !== "tick" || edge || next.event === "seek" || next.event === "play";
  });
}

export class Outbox {
  #entries = [];
  answer = null;

  get isEmpty() {
    return !this.hasBeats && this.answer === null;
  }

  get hasBeats() {
    return this.#entries.length > 0;
  }

  get beats() {
    return this.#entries.map(({ beat }) => beat);
  }

  add(beat, edge) {
    this.#entries.push({ beat, edge });
  }

  /** Nothing of it was sent, or all of it is sent again. */
  fold() {
    this.#entries = foldBeats(this.#entries).slice(-BEATS_MAX);
  }

  /** The server has taken this beat, and with it whatever came before. */
  settle(seq) {
    this.#entries = this.#entries.filter(({ beat }) => beat.seq > seq);
  }

  withdraw(seq) {
    this.#entries = this.#entries.filter(({ beat }) => beat.seq !== seq);
  }

  dropBeats() {
    this.#entries = [];
  }
}
