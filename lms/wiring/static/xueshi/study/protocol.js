// Client of study protocol 1. Keeps every beat, and the answer to a check, until the server has dealt with it, comes back
// after a lost connection and hands what happened to its listeners. It knows nothing of pages or players.
//
// It comes back by itself only for a lesson that goes on, or for something that the server has not heard yet: an `open`
// takes the lease from whatever else this device studies. Otherwise it rests until there is a beat to send.

import { Outbox } from "./outbox.js";

const SUBPROTOCOL = "study.v1";
const OPEN_LATE_MS = 10_000;
// A phone that changed networks leaves a socket that is open and deaf. Beats that wait in it would arrive late and in a row,
// which earns nothing: better to give it up early and to send one fresh beat over a new one.
const ACK_LATE_MS = 6_000;
const BACKOFF_FIRST_MS = 800;
const BACKOFF_MAX_MS = 15_000;
const CLOSE_UNAUTHENTICATED = 4401;
const CLOSE_AGAIN = 1013;
// Newer sockets of this learner made this one give way; coming back by itself it would push out one of those.
const CLOSE_TOO_MANY = 4429;
// The server had no database or no room, and told everybody so at once: they must not all come back at once.
const AGAIN_SPREAD_MS = 8_000;
// A server that has too much to do asks for five seconds; a "play" that is at most ten seconds late still costs nothing.
const BUSY_MS = 5_000;
const BUSY_SPREAD_MS = 4_000;
const FINAL_ERRORS = new Set(["not_enrolled", "locked", "withdrawn", "unauthenticated"]);
const RESYNC_ERRORS = new Set(["bad_seq", "not_open"]);

export function backoffMs(attempt, random, spreadMs = 0) {
  return Math.max(250, random() * Math.max(spreadMs, Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** attempt)));
}

export class StudyChannel {
  #socket = null;
  #outbox = new Outbox();
  #seq = 0;
  #attempt = 0;
  #takeover = false;
  #isOpen = false;
  #retryTimer = 0;
  #lateTimer = 0;
  #busyTimer = 0;
  #closing = false;
  #checkWaits = false;
  #renewed = false;
  #final = null;
  status = "new";

  /** `on`: status(name, code?), opened(message, {fresh}), refresh({mustSpeak}), ack(message), check(message, {isAnswered}),
   *  checked, error (message). `goesOn()` says whether the lesson runs, or would if it could. */
  constructor({ url, lesson, session, device, renewSession, goesOn, on, makeSocket, random = Math.random }) {
    Object.assign(this, { url, lesson, session, device, renewSession, goesOn, on, random });
    this.makeSocket = makeSocket ?? ((address) => new WebSocket(address, SUBPROTOCOL));
  }

  /** The learner, or the page that is shown, wants the session open. */
  connect({ takeover = false } = {}) {
    this.#takeover ||= takeover;
    this.#closing = false;
    this.#connect();
  }

  /** Sends one beat, or keeps it until the connection is back. Returns it. */
  beat({ event, positionMs, fromMs = null, playing, visible, edge = false }) {
    this.#seq += 1;
    const beat = { type: "beat", seq: this.#seq, event, position_ms: Math.max(0, Math.round(positionMs)), playing, visible };
    if (fromMs !== null) beat.from_ms = Math.max(0, Math.round(fromMs));
    if (playing) this.#closing = false; // it had ended, and is studied again
    this.#outbox.add(beat, edge);
    if (this.#isOpen && !this.#busyTimer) {
      this.#send(beat);
      this.#awaitOldest();
    } else {
      this.#outbox.fold();
    }
    this.wake();
    return beat;
  }

  /** Answers a check. If it is asked again the answer did not arrive, and is sent again. */
  answer(check, choice) {
    this.#outbox.answer = { type: "answer", check, choice };
    if (!this.#isOpen) return;
    this.#send(this.#outbox.answer);
    this.#awaitOldest();
  }

  /** Nobody answered in time: the next word of the server counts. */
  checkLapsed() {
    this.#checkWaits = false;
    this.#outbox.answer = null;
  }

  /** What the server holds has changed: hears it all again, in the same session. */
  resync() {
    this.#closing = false;
    if (this.#isOpen) this.#reopen();
  }

  /** A closed lesson is studied again: a new session, counted from one. */
  restart() {
    this.#beginAnew();
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
    if (this.status === "lost") this.#connect();
  }

  /** Ends a rest: the lesson is to go on. */
  wake() {
    if (this.status === "resting") this.#connect();
  }

  #connect() {
    this.#drop();
    this.#final = null;
    this.#say(this.#attempt > 0 || this.status === "lost" ? "lost" : "connecting");
    const socket = this.makeSocket(this.url);
    this.#socket = socket;
    this.#armLate(OPEN_LATE_MS);
    socket.onopen = () => this.#sendOpen();
    socket.onmessage = (event) => socket === this.#socket && this.#receive(JSON.parse(event.data));
    socket.onclose = (event) => socket === this.#socket && this.#lost(event.code);
  }

  #beginAnew() {
    this.session = this.renewSession();
    this.#outbox = new Outbox();
    this.#seq = 0;
  }

  #reopen() {
    this.#isOpen = false;
    this.#sendOpen();
    this.#armLate(OPEN_LATE_MS);
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
    else if (message.type === "check") this.#whenAsked(message);
    else if (message.type === "checked") this.#whenChecked(message);
  }

  #whenOpened(message) {
    const wasHalted = ["elsewhere", "superseded"].includes(this.halted);
    if (wasHalted) this.#outbox.dropBeats();
    this.halted = null;
    this.#takeover = false;
    this.#attempt = 0;
    this.#checkWaits = false; // else it is asked again after this
    this.#outbox.settle(message.last_seq);
    this.#seq = Math.max(this.#seq, message.last_seq);
    if (this.wasOpened && !wasHalted) {
      // Says where the lesson is now; older ticks fold into it. An acknowledgement tells whether a check waits: who has
      // answered one, or wants to close, needs one more.
      const mustSpeak = !this.#outbox.hasBeats && (this.#closing || this.#outbox.answer !== null);
      this.on.refresh({ mustSpeak });
    }
    this.#isOpen = true;
    this.#sayAll();
    this.#say("open");
    this.on.opened(message, { fresh: wasHalted || !this.wasOpened });
    this.wasOpened = true;
  }

  #whenAcked(message) {
    this.#checkWaits = message.state === "check";
    if (!this.#checkWaits) this.#outbox.answer = null; // it was judged while nobody listened
    this.#settle(message.seq);
    this.on.ack(message);
    this.#maybeClose();
  }

  #whenAsked(message) {
    this.#checkWaits = true;
    const isAnswered = this.#outbox.answer?.check === message.check;
    if (!isAnswered) this.#outbox.answer = null;
    else this.#send(this.#outbox.answer);
    this.#awaitOldest();
    this.on.check(message, { isAnswered });
  }

  #whenChecked(message) {
    this.checkLapsed();
    this.#awaitAnew();
    this.on.checked(message);
    if (this.#final) this.#halt("failed", this.#final);
    else this.#maybeClose();
  }

  #whenRefused(message) {
    const { code } = message;
    if (code === "elsewhere") return this.#halt("elsewhere");
    if (FINAL_ERRORS.has(code) && this.#isOpen && this.#checkWaits && code !== "unauthenticated") {
      // The lesson was closed, but the question may still be answered here, and what was earned depends on it.
      this.#final = code;
      return this.#settle(message.seq ?? 0);
    }
    if (FINAL_ERRORS.has(code)) return this.#halt("failed", code);
    if (code === "rate_limited") this.#leaveInPeace();
    else if (!this.#isOpen) return this.#openRefused(code);
    else if (RESYNC_ERRORS.has(code)) {
      // The beats of the lost step can no longer be placed; the next honest one earns as before.
      this.#outbox.dropBeats();
      this.#reopen();
    } else if (message.seq !== undefined) {
      this.#outbox.withdraw(message.seq);
      this.#awaitAnew();
      this.#maybeClose();
    } else if (this.#outbox.answer) {
      // The check waits no longer. What became of it is told by opening.
      this.checkLapsed();
      this.#reopen();
    }
    this.on.error(message);
  }

  /** A session that the server will not resume is given up once for a new one. */
  #openRefused(code) {
    if (this.#renewed || !this.renewSession) return this.#halt("failed", code);
    this.#renewed = true;
    this.#beginAnew();
    this.#reopen();
  }

  /** The server has too much to do. Nothing is lost and the socket is sound: after a while all that waits is said again, in
   *  its order. A beat that was under way and is taken meanwhile stands for the refused ones before it. */
  #leaveInPeace() {
    this.#armLate(0);
    if (this.#busyTimer) return;
    this.#busyTimer = setTimeout(() => {
      this.#busyTimer = 0;
      if (this.#isOpen) this.#sayAll();
      else this.#reopen();
    }, BUSY_MS + this.random() * BUSY_SPREAD_MS);
  }

  #endPeace() {
    clearTimeout(this.#busyTimer);
    this.#busyTimer = 0;
  }

  #sayAll() {
    this.#endPeace();
    this.#outbox.fold();
    this.#outbox.beats.forEach((beat) => this.#send(beat));
    if (this.#checkWaits && this.#outbox.answer) this.#send(this.#outbox.answer);
    this.#awaitAnew();
  }

  #settle(seq) {
    this.#outbox.settle(seq);
    this.#awaitAnew();
  }

  #maybeClose() {
    if (!this.#closing || this.#checkWaits || this.#outbox.hasBeats || !this.#isOpen) return;
    this.#send({ type: "close" });
    this.#drop();
    this.#say("closed");
  }

  #halt(status, code) {
    this.#drop();
    this.#outbox.answer = null;
    this.halted = status;
    this.#say(status, code);
  }

  #lost(closeCode) {
    if (closeCode === CLOSE_UNAUTHENTICATED) return this.#halt("failed", "unauthenticated");
    if (closeCode === CLOSE_TOO_MANY) return this.#halt("superseded");
    this.#drop();
    if (!this.#hasToReturn) return this.#say("resting");
    this.#say("lost");
    const afterMs = backoffMs(this.#attempt, this.random, closeCode === CLOSE_AGAIN ? AGAIN_SPREAD_MS : 0);
    this.#retryTimer = setTimeout(() => this.#connect(), afterMs);
    this.#attempt = Math.min(this.#attempt + 1, 10);
  }

  get #hasToReturn() {
    return !this.wasOpened || this.#takeover || this.goesOn() || this.#checkWaits || !this.#outbox.isEmpty;
  }

  #drop() {
    clearTimeout(this.#retryTimer);
    this.#armLate(0);
    this.#endPeace();
    const socket = this.#socket;
    this.#socket = null;
    this.#isOpen = false;
    socket?.close();
  }

  /** Something was sent. Where something else still waits for its answer, that is late first. */
  #awaitOldest() {
    if (!this.#lateTimer) this.#awaitAnew();
  }

  /** The server spoke, so it hears: what it has not answered yet is given its time again. */
  #awaitAnew() {
    if (!this.#isOpen) return; // what is awaited is `opened`
    this.#armLate(this.#outbox.isEmpty || this.#busyTimer ? 0 : ACK_LATE_MS);
  }

  #armLate(afterMs) {
    clearTimeout(this.#lateTimer);
    this.#lateTimer = afterMs ? setTimeout(() => this.#lost(0), afterMs) : 0;
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
