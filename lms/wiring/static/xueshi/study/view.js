// What a learner sees beside the lesson: the light, the figures, refusals, choices. Only paints; decides nothing.

const LIGHT_KINDS = {
  counting: "ok", finished: "ok", ready: "calm", connecting: "calm", paused: "calm", resting: "calm",
  section_done: "calm", covered: "wait", buffering: "wait", gaps: "wait", hidden: "wait", off_screen: "wait", idle: "wait",
  capped: "wait", check: "wait", lost: "stop", elsewhere: "stop", superseded: "stop", failed: "stop",
};
const LIGHT_ICONS = {
  counting: "hours", finished: "ok", ready: "play", paused: "pause", resting: "pause", section_done: "check", covered: "ok",
  hidden: "hidden", off_screen: "hidden", elsewhere: "device", superseded: "device", lost: "link", capped: "ok",
};
const OUT_OF_THE_WAY = new Set(["open", "closed", "new", "resting"]); // the channel, when the lesson is what matters
const REFUSALS_SHOWN = 4;
const REFUSAL_MS_MIN = 1_000;

/** The state of the light: what stands in the way first, then what the lesson does, then what the server said. */
export function lightOf({ channel, why, running, ended, serverState, onlyCovered }) {
  if (!OUT_OF_THE_WAY.has(channel)) return channel;
  if (serverState === "check") return "check";
  if (ended) return "finished";
  if (serverState === "capped") return "capped";
  const stands = why ?? "paused";
  if (!running) return stands === "paused" && channel === "resting" ? "resting" : stands;
  if (serverState === "hidden") return "hidden";
  return onlyCovered ? "covered" : "counting";
}

export class StudyView {
  #refusals = [];

  constructor(root, words) {
    this.root = root;
    this.words = words;
    this.light = root.querySelector("[data-light]");
  }

  showLight(state, detailKey = `light.${state}.why`) {
    const stamp = `${state} ${detailKey}`;
    if (this.light.dataset.stamp === stamp) return; // a screen reader hears a change, not every second
    this.light.dataset.stamp = stamp;
    this.light.dataset.state = state;
    this.light.dataset.kind = LIGHT_KINDS[state] ?? "stop";
    this.light.querySelector("[data-light-name]").textContent = this.words.fill(`light.${state}`);
    this.light.querySelector("[data-light-why]").textContent = this.words.fill(detailKey);
    const use = this.light.querySelector("use");
    use.setAttribute("href", use.getAttribute("href").replace(/#.*/, `#${LIGHT_ICONS[state] ?? "wait"}`));
  }

  /** A figure, wherever it stands: confirmed and provisional ms of a whole. */
  showFigure(name, { ms, waitMs = 0, wholeMs, note = "" }) {
    const share = (part) => (wholeMs > 0 ? Math.min(part / wholeMs, 1) * 100 : 0);
    const total = ms + waitMs;
    for (const figure of this.root.querySelectorAll(`[data-figure="${name}"]`)) {
      figure.querySelector("[data-arc]")?.setAttribute("stroke-dasharray", `${share(ms).toFixed(2)} 100`);
      figure.querySelector("[data-wait]")?.setAttribute("stroke-dasharray", `${share(total).toFixed(2)} 100`);
      figure.querySelector(".ring")?.classList.toggle("ring-done", share(total) >= 100);
      this.#text(figure, "[data-percent]", `${Math.floor(share(total))}%`);
      this.#text(figure, "[data-value]", this.words.duration(total));
      this.#text(figure, "[data-whole]", this.words.fill("of", { whole: this.words.duration(wholeMs) }));
      this.#text(figure, "[data-hours]", this.words.classHours(total));
      this.#text(figure, "[data-note]", note);
    }
  }

  showRefused(entries) {
    for (const { ms, code } of entries) {
      if (ms < REFUSAL_MS_MIN || code === "paused") continue;
      const [latest] = this.#refusals;
      if (latest?.code === code) latest.ms += ms;
      else this.#refusals.unshift({ code, ms });
    }
    this.#refusals.length = Math.min(this.#refusals.length, REFUSALS_SHOWN);
    const list = this.root.querySelector("[data-refusals]");
    list.closest("[data-refusals-box]").hidden = this.#refusals.length === 0;
    list.replaceChildren(...this.#refusals.map(({ code, ms }) => {
      const line = document.createElement("li");
      const reason = this.words.fill(`refused.${code}`);
      line.textContent = this.words.fill("refused_line", { duration: this.words.duration(ms), reason });
      return line;
    }));
  }

  /** A notice with one button, or none: `choose` is called when it is pressed. */
  showChoice({ text, button, choose } = {}) {
    const box = this.root.querySelector("[data-choice]");
    box.hidden = !text;
    if (!text) return;
    this.#text(box, "[data-choice-text]", text);
    box.scrollIntoView({ block: "nearest" });
    const control = box.querySelector("[data-choice-button]");
    control.hidden = !button;
    control.textContent = button ?? "";
    control.onclick = choose ?? null;
  }

  /** Takes a notice away, unless another one stands there by now. */
  withdrawChoice(text) {
    if (this.root.querySelector("[data-choice-text]").textContent === text) this.showChoice();
  }

  showFinished(isFinished) {
    const box = this.root.querySelector("[data-finished]");
    if (!box || box.hidden !== isFinished) return;
    box.hidden = !isFinished;
    if (isFinished) box.scrollIntoView({ block: "nearest" });
  }

  #text(parent, selector, text) {
    const element = parent.querySelector(selector);
    if (element && element.textContent !== text) element.textContent = text;
  }
}
