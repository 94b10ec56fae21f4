// Turns what a lesson does into beats: a change at once, a tick every so often while it runs. `playing` and `visible`
// in a beat describe the state from that moment on.

export class BeatMaker {
  #timer = 0;
  #playing = false;
  #visible = true;

  /** `position()` gives the place in ms; `sent(beat)` hears of each beat. */
  constructor({ channel, position, sent = () => {} }) {
    Object.assign(this, { channel, position, sent, everyMs: 15_000 });
  }

  get playing() {
    return this.#playing;
  }

  get visible() {
    return this.#visible;
  }

  setVisibleQuietly(visible) {
    this.#visible = visible;
  }

  play() {
    if (this.#playing) return;
    this.#playing = true;
    this.#beat("play");
  }

  pause() {
    if (!this.#playing) return;
    this.#playing = false;
    this.#beat("pause");
  }

  end() {
    this.#playing = false;
    this.#beat("end");
  }

  seek(fromMs, toMs) {
    this.#beat("seek", { fromMs, positionMs: toMs });
  }

  /** Hidden pages earn nothing, so both edges are told at once while it plays. What stands still earns nothing either way. */
  visibility(visible) {
    if (visible === this.#visible) return;
    this.#visible = visible;
    if (this.#playing) this.#beat("tick", { edge: true });
  }

  /** After a reconnect: where the lesson is now, without waiting for the next tick. */
  now() {
    if (this.#playing) this.#beat("tick");
  }

  /** Says where the lesson is whether it runs or stands: the answer tells what the server holds of it. */
  report() {
    this.#beat(this.#playing ? "tick" : "pause");
  }

  /** Nothing that was said before holds any longer (another device has studied since). */
  forget() {
    this.#playing = false;
    clearTimeout(this.#timer);
  }

  #beat(event, { fromMs = null, positionMs = this.position(), edge = false } = {}) {
    const beat = this.channel.beat({ event, positionMs, fromMs, playing: this.#playing, visible: this.#visible, edge });
    this.sent(beat);
    clearTimeout(this.#timer);
    if (this.#playing) this.#timer = setTimeout(() => this.#beat("tick"), this.everyMs);
  }
}
