// Client of study protocol 1. Keeps every beat until the server acknowledges it, comes back after a lost connection
// and hands what happened to its listeners. It knows nothing of pages or players.
//
// Resent beats are stamped with the time at which the server reads them, so a row of old ticks would look like a rush.
// `foldBeats` keeps only those that carry a change; the last one carries the whole stretch.

const SUBPROTOCOL = "study.v1";
const OPEN_LATE_MS = 10_000;
// A phone that changed networks leaves a socket that is open and deaf. Beats that wait in it would arrive late and in a row,
// which earns nothing: better to give it up early and to send one fresh beat over a new one.
const ACK_LATE_MS = 6_000;
const BACKOFF_FIRST_MS = 800;
const BACKOFF_MAX_MS = 15_000;
const PENDING_MAX = 64;
const CLOSE_UNAUTHENTICATED = 4401;
const CLOSE_AGAIN = 1013;
// Newer sockets of this learner made this one give way; coming back by itself it would push out one of those.
const CLOSE_TOO_MANY = 4429;
// The server had no database or no room, and told everybody so at once: they must not all come back at once.
const AGAIN_SPREAD_MS = 8_000;
const FINAL_ERRORS = new Set(["not_enrolled", "locked", "withdrawn", "unauthenticated"]);
const RESYNC_ERRORS = new Set(["bad_seq", "not_open"]);

export function backoffMs(attempt, random, spreadMs = 0) {
  return Math.max(250, random() * Math.max(spreadMs, Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** attempt)));
}

/** Drops ticks that a later beat of the same run repeats. A tick that tells of a change (`edge`) stays. */
export function foldBeats(entries) {
  return entries.filter(({ beat, edge }, index) => {
    const next = entries[index + 1]?.beat;
    return !next || beat.event !== "tick" || edge || next.event === "seek" || next.event === "play";
  });
}

export class StudyChannel {
  #socket = null;
  #pending = [];
  #seq = 0;
  #attempt = 0;
  #takeover = false;
  #isOpen = false;
  #retryTimer = 0;
  #lateTimer = 0;
  #closing = false;
  #checkWaits = false;
  #renewed = false;
  #final = null;
  status = "new";

  /** `on`: status(name, code?), opened(message, {fresh}), refresh(), ack(message, beat), check, checked, error (message). */
  constructor({ url, lesson, session, device, renewSession, on, makeSocket, random = Math.random }) {
    Object.assign(this, { url, lesson, session, device, renewSession, on, random });
    this.makeSocket = makeSocket ?? ((address) => new WebSocket(address, SUBPROTOCOL));
  }

  connect({ takeover = false } = {}) {
    this.#drop();
    this.#takeover ||= takeover;
    this.#closing = false;
    this.#final = null;
    this.#say(this.#attempt > 0 || this.status === "lost" ? "lost" : "connecting");
    const socket = this.makeSocket(this.url);
    this.#socket = socket;
    this.#armLate(OPEN_LATE_MS);
    socket.onopen = () => this.#sendOpen();
    socket.onmessage = (event) => socket === this.#socket && this.#receive(JSON.parse(event.data));
    socket.onclose = (event) => socket === this.#socket && this.#lost(event.code);
  }

  /** Sends one beat, or keeps it until the connection is back. Returns it. */
  beat({ event, positionMs, fromMs = null, playing, visible, edge = false }) {
    this.#seq += 1;
    const beat = { type: "beat", seq: this.#seq, event, position_ms: Math.max(0, Math.round(positionMs)), playing, visible };
    if (fromMs !== null) beat.from_ms = Math.max(0, Math.round(fromMs));
    this.#pending.push({ beat, edge });
    if (this.#isOpen) {
      this.#send(beat);
      if (this.#pending.length === 1) this.#armLate(ACK_LATE_MS); // measured from the oldest that waits
    } else {
      this.#pending = foldBeats(this.#pending).slice(-PENDING_MAX);
    }
    return beat;
  }

  answer(check, choice) {
    this.#send({ type: "answer", check, choice });
  }

  /** Nobody answered in time: the next word of the server counts. */
  checkLapsed() {
    this.#checkWaits = false;
  }

  /** What the server holds has changed: hears it all again, in the same session. */
  resync() {
    if (!this.#isOpen) return;
    this.#closing = false;
    this.#isOpen = false;
    this.#sendOpen();
    this.#armLate(OPEN_LATE_MS);
  }

  /** A closed lesson is studied again: a new session, counted from one. */
  restart() {
    this.session = this.renewSession();
    this.#pending = [];
    this.#seq = 0;
    this.connect();
  }

  /** Once every beat is acknowledged: says goodbye. */
  closeWhenSettled() {
    this.#closing = true;
    this.#maybeClose();
  }

  /** The page goes away: nothing can be waited for. */
  leave() {
    this.#send({ type: "close" });
    this.#drop();
    this.#say("closed");
  }

  /** The device says that it has no network: nothing is gained by waiting for the socket to notice. */
  suspend() {
    if (this.status === "open") this.#lost(0);
  }

  retryNow() {
    if (this.status === "lost") this.connect();
  }

  get oldestPending() {
    return this.#pending[0]?.beat ?? null;
  }

  #sendOpen() {
    const { session, lesson, device } = this;
    this.#send({ type: "open", session, lesson, device, takeover: this.#takeover });
  }

  #receive(message) {
    if (message.type === "opened") this.#whenOpened(message);
    else if (message.type === "ack") this.#whenAcked(message);
    else if (message.type === "error") this.#whenRefused(message);
    else if (message.type === "superseded") this.#halt("superseded");
    else {
      this.#checkWaits = message.type === "check";
      this.on[message.type]?.(message);
      if (message.type === "checked" && this.#final) this.#halt("failed", this.#final);
      else this.#maybeClose();
    }
  }

  #whenOpened(message) {
    const wasHalted = ["elsewhere", "superseded"].includes(this.halted);
    if (wasHalted) this.#pending = [];
    this.halted = null;
    this.#takeover = false;
    this.#attempt = 0;
    this.#checkWaits = false; // else it is asked again after this
    this.#pending = this.#pending.filter(({ beat }) => beat.seq > message.last_seq);
    this.#seq = Math.max(this.#seq, message.last_seq);
    if (this.wasOpened && !wasHalted) this.on.refresh(); // says where the lesson is now; older ticks fold into it
    this.#isOpen = true;
    this.#pending = foldBeats(this.#pending);
    this.#armLate(this.#pending.length ? ACK_LATE_MS : 0);
    this.#pending.forEach(({ beat }) => this.#send(beat));
    this.#say("open");
    this.on.opened(message, { fresh: wasHalted || !this.wasOpened });
    this.wasOpened = true;
  }

  #whenAcked(message) {
    const beat = this.#pending.find((entry) => entry.beat.seq === message.seq)?.beat ?? null;
    this.#settle(message.seq);
    this.#checkWaits = message.state === "check";
    this.on.ack(message, beat);
    this.#maybeClose();
  }

  #whenRefused(message) {
    const { code } = message;
    if (code === "elsewhere") return this.#halt("elsewhere");
    if (FINAL_ERRORS.has(code) && this.#checkWaits && code !== "unauthenticated") {
      // The lesson was closed, but the question may still be answered, and what was earned depends on it.
      this.#final = code;
      return this.#settle(message.seq ?? 0);
    }
    if (FINAL_ERRORS.has(code)) return this.#halt("failed", code);
    if (!this.#isOpen) return this.#openRefused(code);
    if (RESYNC_ERRORS.has(code)) {
      // The beats of the lost step can no longer be placed; the next honest one earns as before.
      this.#pending = [];
      this.#isOpen = false;
      this.#sendOpen();
      this.#armLate(OPEN_LATE_MS);
    } else if (message.seq !== undefined) {
      this.#pending = this.#pending.filter(({ beat }) => beat.seq !== message.seq);
    }
    this.on.error(message);
  }

  /** A session that the server will not resume is given up once for a new one; anything else waits and tries again. */
  #openRefused(code) {
    if (code !== "rate_limited" && !this.#renewed && this.renewSession) {
      this.#renewed = true;
      this.session = this.renewSession();
      this.#pending = [];
      this.#seq = 0;
      this.#sendOpen();
    } else if (code === "rate_limited") {
      this.#lost(0);
    } else {
      this.#halt("failed", code);
    }
  }

  #settle(seq) {
    this.#pending = this.#pending.filter(({ beat }) => beat.seq > seq);
    this.#armLate(this.#pending.length ? ACK_LATE_MS : 0);
  }

  #maybeClose() {
    if (!this.#closing || this.#checkWaits || this.#pending.length || !this.#isOpen) return;
    this.#send({ type: "close" });
    this.#drop();
    this.#say("closed");
  }

  #halt(status, code) {
    this.#drop();
    this.halted = status;
    this.#say(status, code);
  }

  #lost(closeCode) {
    if (closeCode === CLOSE_UNAUTHENTICATED) return this.#halt("failed", "unauthenticated");
    if (closeCode === CLOSE_TOO_MANY) return this.#halt("superseded");
    this.#drop();
    this.#say("lost");
    const afterMs = backoffMs(this.#attempt, this.random, closeCode === CLOSE_AGAIN ? AGAIN_SPREAD_MS : 0);
    this.#retryTimer = setTimeout(() => this.connect(), afterMs);
    this.#attempt = Math.min(this.#attempt + 1, 10);
  }

  #drop() {
    clearTimeout(this.#retryTimer);
    clearTimeout(this.#lateTimer);
    const socket = this.#socket;
    this.#socket = null;
    this.#isOpen = false;
    socket?.close();
  }

  #armLate(afterMs) {
    clearTimeout(this.#lateTimer);
    if (afterMs) this.#lateTimer = setTimeout(() => this.#lost(0), afterMs);
  }

  #send(message) {
    if (this.#socket?.readyState === 1) this.#socket.send(JSON.stringify(message));
  }

  #say(status, code) {
    if (this.status === status && !code) return;
    this.status = status;
    this.on.status(status, code);
  }
}
