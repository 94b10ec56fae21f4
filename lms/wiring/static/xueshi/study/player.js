// A video lesson: HLS on a native <video>, always at normal speed, seeking only where the learner has been. It reports
// what really happens (running, standing, jumped, ended), never what was pressed.

import { FilmAddresses, retriesSegment } from "./addresses.js";
import { allowedPlace, firstGap } from "./coverage.js";
import { FilmKeys } from "./keys.js";

const STALL_MS = 1_000;
const OWN_JUMP_MS = 700; // hls.js nudges over small holes by itself; that is no seek
const END_NEAR_MS = 500;
const BACK_MS = 10_000;
const KEY_RETRY = { maxNumRetry: 30, retryDelayMs: 2_000, maxRetryDelayMs: 4_000, shouldRetry: () => true };
const SEGMENT_TIMEOUT = { maxNumRetry: 4, retryDelayMs: 0, maxRetryDelayMs: 0 };
const SEGMENT_RETRY = { maxNumRetry: 6, retryDelayMs: 1_000, maxRetryDelayMs: 8_000, shouldRetry: retriesSegment };
const MEDIA_RECOVERIES_MAX = 3;
const NATIVE_RETRY_MS = 3_000;
const BUFFER_S_MAX = 90; // through a dead spot, and within the two minutes for which keys are given ahead
const EARLY_MS_MAX = 15_000; // a longer wait for a key is not loading any more, and is told

export class VideoLesson {
  #video;
  #hls = null;
  #last = 0;
  #running = false;
  #stallTimer = 0;
  #ownSeekTo = null;
  #holds = new Set();
  #resumeAfterHold = false;
  #recoveries = 0;
  #keys = null;
  #addresses = null;
  #session = null;

  /** `on`: wanted(), run(), stand(), seek(from, to), end(), buffering(flag), moved(), failed(key). `covered(placeMs)` gives the
   *  stretches with the one that runs up to that place: it must never be asked with a place that was jumped to. */
  constructor({ video, durationMs, covered, on }) {
    Object.assign(this, { durationMs, covered, on });
    this.#video = video;
    this.#listen();
  }

  get running() {
    return this.#running;
  }

  get wantsPlay() {
    return !this.#video.paused && !this.#video.ended;
  }

  /** Whether it plays, or would: a film that waits for its data needs the session for its keys. Behind another page it is
   *  left alone. */
  get goesOn() {
    return this.wantsPlay || (this.#resumeAfterHold && !this.#holds.has("hidden"));
  }

  position() {
    return Math.min(Math.round(this.#video.currentTime * 1000), this.durationMs);
  }

  /** The playlist is asked for only now: keys are given to the open session alone. */
  async load({ playlist, hlsModule, hlsWorker, resumeMs }) {
    const startMs = resumeMs >= this.durationMs - END_NEAR_MS ? 0 : resumeMs;
    this.#last = startMs;
    if (this.#hls || this.#video.src) return this.#jump(startMs);
    this.#keys = new FilmKeys(playlist);
    this.#addresses = new FilmAddresses(playlist);
    const Hls = await import(hlsModule).then((loaded) => loaded.default, () => null);
    if (!Hls) this.on.failed("video_failed");
    else if (Hls.isSupported()) this.#loadHls(Hls, playlist, hlsWorker, startMs);
    else if (this.#video.canPlayType("application/vnd.apple.mpegurl")) this.#loadNative(playlist, startMs);
    else this.on.failed("no_support");
  }

  /** Which session studies now. Keys are given to a session: a new one on the same page has to fetch its own. */
  studiedBy(session) {
    if (this.#session !== null && this.#session !== session) this.refetchKeys();
    this.#session = session;
  }

  refetchKeys() {
    this.#keys?.renew(this.position());
  }

  async play() {
    if (this.#holds.size) {
      this.#resumeAfterHold = true;
      return;
    }
    if (this.#video.ended) this.seekTo(this.#firstOpenPlace());
    try {
      await this.#video.play();
    } catch (error) {
      if (error.name === "NotSupportedError") this.on.failed("video_failed");
    }
  }

  pause() {
    this.#resumeAfterHold = false;
    this.#video.pause();
  }

  toggle() {
    if (this.wantsPlay) this.pause();
    else this.play();
  }

  back() {
    this.seekTo(this.position() - BACK_MS);
  }

  seekTo(targetMs) {
    const from = this.position();
    const to = allowedPlace(this.covered(this.#last), targetMs, this.durationMs);
    if (Math.abs(to - from) < 50) return to;
    this.#jump(to);
    this.on.seek(from, to);
    return to;
  }

  /** The page stops the lesson for a reason of its own; it goes on by itself when the last reason is gone. */
  hold(reason) {
    if (this.wantsPlay) this.#resumeAfterHold = true;
    this.#holds.add(reason);
    this.#video.pause();
  }

  release(reason) {
    if (!this.#holds.delete(reason) || this.#holds.size) return;
    if (this.#resumeAfterHold) this.play();
    this.#resumeAfterHold = false;
  }

  retry() {
    this.#recoveries = 0;
    this.#hls?.startLoad(this.position() / 1000);
  }

  /** Where a finished lesson is taken up again: at the first hole, or at the start when there is none. */
  #firstOpenPlace() {
    const gap = firstGap(this.covered(this.#last), 0, this.durationMs);
    return gap > this.durationMs - END_NEAR_MS ? 0 : gap;
  }

  #jump(toMs) {
    this.#ownSeekTo = toMs;
    this.#last = toMs;
    this.#video.currentTime = toMs / 1000;
  }

  #loadHls(Hls, playlist, workerPath, startMs) {
    const hls = new Hls({
      startPosition: startMs / 1000,
      maxBufferLength: 20,
      maxMaxBufferLength: BUFFER_S_MAX,
      workerPath,
      xhrSetup: (xhr, address) => this.#keys.beforeRequest(xhr, address) ?? this.#addresses.beforeRequest(xhr, address),
      fragLoadPolicy: {
        default: { maxTimeToFirstByteMs: 10_000, maxLoadTimeMs: 120_000, timeoutRetry: SEGMENT_TIMEOUT, errorRetry: SEGMENT_RETRY },
      },
      keyLoadPolicy: {
        default: { maxTimeToFirstByteMs: 8_000, maxLoadTimeMs: 20_000, timeoutRetry: KEY_RETRY, errorRetry: KEY_RETRY },
      },
    });
    hls.on(Hls.Events.ERROR, (_name, data) => data.fatal && this.#fatal(Hls, data));
    hls.loadSource(playlist);
    hls.attachMedia(this.#video);
    this.#hls = hls;
    this.#ownSeekTo = startMs;
  }

  #fatal(Hls, data) {
    this.#recoveries += 1;
    if (data.type === Hls.ErrorTypes.MEDIA_ERROR && this.#recoveries <= MEDIA_RECOVERIES_MAX) this.#hls.recoverMediaError();
    else this.on.failed("video_failed");
  }

  #loadNative(playlist, startMs) {
    this.#video.addEventListener("loadedmetadata", () => this.#jump(startMs), { once: true });
    this.#video.src = playlist;
  }

  /** A native player does not wait for a key that is refused; what failed is loaded again where it stood. */
  #nativeFailed() {
    this.#recoveries += 1;
    if (this.#recoveries > MEDIA_RECOVERIES_MAX) return this.on.failed("video_failed");
    const [placeMs, goesOn, source] = [this.#last, this.wantsPlay, this.#video.src];
    this.#setRunning(false);
    setTimeout(() => {
      this.#loadNative(source, placeMs);
      if (goesOn) this.play();
    }, NATIVE_RETRY_MS);
  }

  #listen() {
    const video = this.#video;
    const hear = (name, handler) => video.addEventListener(name, handler);
    hear("play", () => this.on.wanted());
    hear("playing", () => this.#setRunning(true));
    hear("pause", () => !video.ended && this.#setRunning(false));
    hear("ended", () => this.#ended());
    hear("waiting", () => this.#stalling());
    hear("stalled", () => video.readyState < 3 && this.#stalling());
    hear("timeupdate", () => this.#timeMoved());
    hear("seeking", () => this.#seeking());
    hear("seeked", () => { this.#ownSeekTo = null; });
    hear("ratechange", () => { if (video.playbackRate !== 1) video.playbackRate = 1; });
    hear("contextmenu", (event) => event.preventDefault());
    hear("error", () => !this.#hls && this.#nativeFailed());
    video.disablePictureInPicture = true;
    for (const action of ["seekforward", "seekto", "nexttrack", "previoustrack"]) {
      try { navigator.mediaSession?.setActionHandler(action, null); } catch { /* unknown to this browser */ }
    }
  }

  #timeMoved() {
    const video = this.#video;
    if (video.seeking) return;
    this.#last = this.position();
    this.#keys?.moved(this.#last);
    if (this.wantsPlay && !this.#running && video.readyState >= 3) this.#setRunning(true);
    this.on.moved();
  }

  #stalling() {
    clearTimeout(this.#stallTimer);
    this.#stallTimer = setTimeout(() => {
      if (!this.wantsPlay || this.#video.readyState >= 3) return;
      this.on.buffering(true);
      this.#setRunning(false);
      if (this.#keys?.waitMs > EARLY_MS_MAX) this.on.failed("too_early");
    }, STALL_MS);
  }

  #seeking() {
    const [from, to] = [this.#last, this.position()];
    if (this.#ownSeekTo !== null && Math.abs(to - this.#ownSeekTo) < OWN_JUMP_MS) return;
    if (Math.abs(to - from) < OWN_JUMP_MS) return;
    if (allowedPlace(this.covered(this.#last), to, this.durationMs) === to) {
      this.#last = to;
      this.on.seek(from, to);
    } else {
      this.#jump(from);
    }
  }

  #ended() {
    clearTimeout(this.#stallTimer);
    this.#running = false;
    this.on.end();
  }

  #setRunning(running) {
    clearTimeout(this.#stallTimer);
    if (running) this.on.buffering(false);
    if (running === this.#running) return;
    this.#running = running;
    if (running) this.on.run();
    else this.on.stand();
  }
}
