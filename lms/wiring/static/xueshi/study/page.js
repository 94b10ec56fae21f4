// Wires the study page: the channel to the server, the lesson (video or reading), the beats between them, and what is
// shown. Every decision about time is the server's; this page reports and explains.

import { BeatMaker } from "./beats.js";
import { PresenceCheck } from "./checks.js";
import { VideoControls } from "./controls.js";
import { paintCoverage } from "./coverage.js";
import { deviceId, newSession, sessionId } from "./identity.js";
import { VideoLesson } from "./player.js";
import { previewOver } from "./preview.js";
import { Progress } from "./progress.js";
import { StudyChannel } from "./protocol.js";
import { ReadingLesson } from "./reading.js";
import { lightOf, StudyView } from "./view.js";
import { makeWords, timecode } from "./words.js";

const PAINT_MS = 250;
const LOST_HOLD_MS = 45_000; // longer and the server's gap limit would refuse what is watched meanwhile
const NOTICE_MS = 8_000;

class StudyPage {
  #ended = false;
  #hasGaps = false;
  #tookBack = false;
  #serverState = null;
  #buffering = false;
  #failure = null;
  #lostTimer = 0;
  #painted = performance.now();

  constructor(root, config, session) {
    this.root = root;
    this.config = config;
    this.words = makeWords(config.texts, config.minutes_per_class_hour ?? 30);
    this.view = new StudyView(root, this.words);
    this.progress = new Progress({ durationMs: config.duration_ms, module: config.module, day: config.day });
    this.channel = this.#makeChannel(session);
    this.lesson = config.kind === "video" ? this.#makeVideo() : this.#makeReading();
    this.beats = new BeatMaker({
      channel: this.channel,
      position: () => this.lesson.position(),
      sent: (beat) => this.progress.beat(beat),
    });
    this.check = new PresenceCheck(root.querySelector("[data-check]"), this.words, {
      answer: (id, choice) => this.channel.answer(id, choice),
      lapsed: () => { this.beats.report(); this.channel.checkLapsed(); },
    });
    this.#watchPage();
    setInterval(() => this.#paint(), PAINT_MS);
  }

  start() {
    this.beats.setVisibleQuietly(!document.hidden);
    this.channel.connect();
    this.#paint();
  }

  #makeChannel(session) {
    const address = new URL(this.config.socket, window.location.href);
    address.protocol = address.protocol.replace("http", "ws");
    return new StudyChannel({
      url: address.href,
      lesson: this.config.lesson,
      session,
      device: deviceId(),
      renewSession: () => newSession(this.config.lesson),
      goesOn: () => this.lesson.goesOn,
      on: {
        status: (status, code) => this.#statusChanged(status, code),
        opened: (message, { fresh }) => this.#opened(message, fresh),
        refresh: ({ mustSpeak }) => (mustSpeak ? this.beats.report() : this.beats.now()),
        ack: (message) => this.#acked(message),
        check: (message, asked) => { this.lesson.hold("check"); this.check.ask(message, asked); },
        checked: (message) => this.#checked(message),
        error: (message) => console.warn("study protocol", message.code, message.detail),
      },
    });
  }

  #lessonEvents() {
    return {
      wanted: () => this.channel.wake(),
      run: () => this.#run(),
      stand: () => { this.beats.pause(); this.#paint(); },
      seek: (from, to) => { this.#ended = this.#hasGaps = false; this.beats.seek(from, to); },
      end: () => this.#end(),
      buffering: (isBuffering) => { this.#buffering = isBuffering; },
      moved: () => this.#paintPlace(),
      failed: (key) => this.#lessonFailed(key),
    };
  }

  #lessonFailed(key) {
    this.#failure = key;
    const choose = () => window.location.reload();
    this.view.showChoice({ text: this.words.fill(key), button: this.words.fill("load_again"), choose });
    this.#paint();
  }

  #makeVideo() {
    const video = this.root.querySelector("video");
    const lesson = new VideoLesson({
      video,
      durationMs: this.config.duration_ms,
      covered: (placeMs) => this.progress.local(placeMs),
      on: this.#lessonEvents(),
    });
    this.lesson = lesson;
    const root = this.root.querySelector("[data-player]");
    this.controls = new VideoControls({ root, video, lesson, words: this.words, durationMs: this.config.duration_ms });
    if (this.config.sprites) previewOver(root.querySelector("[data-scrub-area]"), this.config.sprites, this.config.duration_ms);
    return lesson;
  }

  #makeReading() {
    const lesson = new ReadingLesson({
      root: this.root,
      sections: this.config.sections,
      covered: () => this.progress.covered,
      on: this.#lessonEvents(),
    });
    this.startButton = this.root.querySelector("[data-start]");
    this.startButton.addEventListener("click", () => (lesson.wantsPlay ? lesson.pause() : lesson.play()));
    return lesson;
  }

  #opened(message, fresh) {
    // A verdict that was lost on its way: nothing else takes back what was acknowledged.
    const takenBackMs = fresh ? 0 : this.progress.lessonMs - message.credited_ms;
    if (takenBackMs > 0) this.#takenBack(takenBackMs);
    this.beats.everyMs = message.beat_every_ms;
    this.progress.opened(message);
    this.check.done(); // one that still waits is asked again after this
    for (const reason of ["lost", "elsewhere", "superseded", "failed", "check"]) this.lesson.release(reason);
    if (this.#tookBack) this.lesson.takenBack?.(); // a film goes on and returns to its gaps at the end
    this.#tookBack = false;
    if (fresh) {
      this.progress.forget();
      this.beats.forget();
      const { playlist } = this.config;
      const { hls: hlsModule, hlsWorker } = this.root.dataset;
      // A film that is played before it is loaded stops when it is; the buttons wait for it.
      Promise.resolve(this.lesson.load({ playlist, hlsModule, hlsWorker, resumeMs: message.resume_ms }))
        .then(() => this.controls?.enable());
      if (this.startButton) this.startButton.disabled = false;
    }
    this.lesson.studiedBy?.(message.session);
    this.#paint();
  }

  #acked(message) {
    const wasCapped = this.#serverState === "capped";
    this.#serverState = message.state;
    this.progress.acked(message);
    if (message.state !== "check") {
      this.check.done(); // answered elsewhere, or judged while nobody listened
      this.lesson.release("check");
    }
    this.view.showRefused(message.refused);
    if (message.refused.some(({ code }) => code === "not_delivered")) this.lesson.refetchKeys?.();
    if (message.state === "capped" && !wasCapped) this.lesson.pause();
    this.#paint();
  }

  #checked(message) {
    this.check.done();
    this.#serverState = null;
    if (message.passed) {
      this.progress.settled(0);
      this.#tell(this.words.fill("check_passed"));
    } else {
      this.#takenBack(message.voided_ms);
      this.channel.resync(); // tells what is covered now
    }
    this.lesson.release("check");
  }

  #takenBack(ms) {
    this.progress.settled(ms);
    this.#hasGaps ||= this.#ended;
    this.#ended = false;
    this.#tookBack = true;
    this.#tell(this.words.fill("check_failed", { duration: this.words.duration(ms) }));
  }

  #tell(text) {
    this.view.showChoice({ text });
    setTimeout(() => this.view.withdrawChoice(text), NOTICE_MS);
  }

  #run() {
    this.#ended = false;
    this.#hasGaps = false;
    this.#failure = null;
    if (this.channel.status === "closed") {
      this.progress.forget();
      this.channel.restart();
    }
    this.beats.play();
    this.#paint();
  }

  #end() {
    this.beats.end();
    this.#ended = this.progress.isComplete(this.lesson.position());
    this.#hasGaps = !this.#ended;
    this.channel.closeWhenSettled();
    this.controls?.refreshPlay();
    this.#paint();
  }

  #statusChanged(status, code) {
    clearTimeout(this.#lostTimer);
    if (status === "lost") this.#lostTimer = setTimeout(() => this.lesson.hold("lost"), this.lesson.running ? LOST_HOLD_MS : 0);
    if (status === "resting") this.lesson.release("lost"); // pressing play is what brings it back
    if (["elsewhere", "superseded", "failed"].includes(status)) {
      this.lesson.hold(status);
      this.check.done(); // nothing would come of an answer; where it still waits it is asked again
    }
    this.#failure = status === "failed" ? `error.${code}` : null;
    this.view.showChoice(this.#choiceFor(status, code));
    this.#paint();
  }

  #choiceFor(status, code) {
    const takeOver = () => this.channel.connect({ takeover: true });
    const reload = () => window.location.reload();
    if (status === "elsewhere") return { text: this.words.fill("take_over.why"), button: this.words.fill("take_over"), choose: takeOver };
    if (status === "superseded") return { text: this.words.fill("take_over.why"), button: this.words.fill("take_back"), choose: takeOver };
    if (status !== "failed") return {};
    const button = this.words.fill(code === "unauthenticated" ? "log_in" : "load_again");
    return { text: this.words.fill(`error.${code}`), button, choose: reload };
  }

  #watchPage() {
    document.addEventListener("visibilitychange", () => {
      this.beats.visibility(!document.hidden);
      if (document.hidden) this.lesson.hold("hidden");
      else this.lesson.release("hidden");
    });
    window.addEventListener("pagehide", () => {
      this.lesson.pause(); // the page may be shown again, and a film that went on by itself would not be counted
      this.beats.pause();
      this.channel.leave();
    });
    window.addEventListener("pageshow", (event) => { if (event.persisted) this.channel.connect(); });
    window.addEventListener("offline", () => this.channel.suspend());
    window.addEventListener("online", () => this.channel.retryNow());
  }

  #paint() {
    const now = performance.now();
    const passed = Math.min(now - this.#painted, PAINT_MS * 8);
    this.#painted = now;
    const state = this.#lightState();
    if (state === "counting") this.progress.tick(passed);
    this.view.showLight(state, this.#failure && state === "failed" ? this.#failure : undefined);
    const { lesson, module, day } = this.progress.figures;
    const note = this.progress.provisionalMs > 0
      ? this.words.fill("provisional", { duration: this.words.duration(this.progress.provisionalMs) }) : "";
    this.view.showFigure("lesson", lesson);
    this.view.showFigure("module", { ...module, note });
    this.view.showFigure("day", day);
    this.view.showFinished(this.#ended);
    this.#paintPlace();
  }

  #lightState() {
    if (this.#failure) return "failed";
    const position = this.lesson.position();
    const { running } = this.lesson;
    let why = this.#hasGaps ? "gaps" : this.lesson.why ?? (this.#buffering ? "buffering" : null);
    if (!running && !why && position === 0) why = "ready";
    return lightOf({
      channel: this.channel.status,
      why: document.hidden ? "hidden" : why,
      running,
      ended: this.#ended,
      serverState: this.check.isOpen ? "check" : this.#serverState,
      onlyCovered: this.progress.alreadyCovered(position),
    });
  }

  #paintPlace() {
    if (!this.beats) return; // a lesson may move while it is being made
    const position = this.lesson.position();
    const covered = this.progress.local(position);
    if (this.controls) this.controls.paint(this.progress.covered, this.progress.running(position));
    else this.#paintReading(covered, position);
    const percent = Math.floor(Math.min(1, covered.reduce((sum, [a, b]) => sum + b - a, 0) / this.config.duration_ms) * 100);
    const bar = this.root.querySelector("[data-bar]");
    const label = this.words.fill("coverage", { percent });
    if (bar.getAttribute("aria-label") !== label) bar.setAttribute("aria-label", label);
  }

  #paintReading(covered, position) {
    const { timeline } = this.lesson;
    paintCoverage(this.root.querySelector("[data-bar]"), covered, this.config.duration_ms, position);
    this.root.querySelector("[data-clock]").textContent = `${timecode(position)} / ${timecode(this.config.duration_ms)}`;
    this.lesson.elements.forEach((element, index) => {
      const isDone = timeline.isDone(index);
      element.toggleAttribute("data-done", isDone);
      element.toggleAttribute("data-current", this.lesson.running && index === timeline.current);
      element.querySelector("[data-section-meter]").value = Math.floor(timeline.share(index, covered) * 100);
      element.querySelector("[data-section-done]").hidden = !isDone;
    });
    const key = this.lesson.wantsPlay ? "pause_reading" : position > 0 ? "go_on_reading" : "start_reading";
    const label = this.words.fill(key);
    if (this.startButton.textContent !== label) this.startButton.textContent = label;
    this.startButton.hidden = timeline.finished;
  }
}

const config = JSON.parse(document.getElementById("study-config").textContent);
sessionId(config.lesson).then((session) => {
  const page = new StudyPage(document.querySelector("[data-study]"), config, session);
  page.start();
});
