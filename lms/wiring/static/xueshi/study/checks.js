// A presence check: a question with a few answers and a time. The server draws it, keeps it and judges it; here is only
// its place on the page. Closing the dialog is no answer: it stays until the server speaks. What was chosen stands, also
// while it is on its way over a bad network. When the time is over the server is asked for its verdict.

const VERDICT_AFTER_MS = 1_000; // the server's clock began a moment earlier than this page's

export class PresenceCheck {
  #timer = 0;
  #check = null;
  #isAnswered = false;

  /** `answer(check, choice)` sends an answer; `lapsed()` is called when the time is over without a verdict. */
  constructor(dialog, words, { answer, lapsed }) {
    Object.assign(this, { dialog, words, answer, lapsed });
    dialog.addEventListener("cancel", (event) => event.preventDefault());
  }

  get isOpen() {
    return this.dialog.open;
  }

  /** `isAnswered`: it was asked before, and what was chosen then is on its way. */
  ask({ check, prompt, options, within_ms: withinMs }, { isAnswered }) {
    this.#check = check;
    const until = performance.now() + withinMs;
    this.dialog.querySelector("[data-check-prompt]").textContent = prompt;
    this.dialog.querySelector("[data-check-options]").replaceChildren(...options.map((option, index) => this.#option(option, index)));
    this.#setAnswered(isAnswered);
    this.#count(until, withinMs);
    clearInterval(this.#timer);
    this.#timer = setInterval(() => this.#count(until, withinMs), 1000);
    if (!this.dialog.open) this.dialog.showModal();
    this.dialog.querySelector("[data-check-options] button:enabled")?.focus();
  }

  done() {
    clearInterval(this.#timer);
    this.#check = null;
    this.dialog.close();
  }

  #option(text, index) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button button-quiet button-wide";
    button.textContent = text;
    button.addEventListener("click", () => {
      if (this.#check === null) return;
      this.answer(this.#check, index);
      this.#setAnswered(true);
    });
    return button;
  }

  #setAnswered(isAnswered) {
    this.#isAnswered = isAnswered;
    this.dialog.querySelectorAll("[data-check-options] button").forEach((each) => { each.disabled = isAnswered; });
  }

  #count(until, withinMs) {
    const left = Math.max(0, until - performance.now());
    const text = this.words.fill(this.#isAnswered ? "check_sent" : "check_left", { duration: this.words.duration(left) });
    this.dialog.querySelector("[data-check-left]").textContent = text;
    const meter = this.dialog.querySelector("[data-check-meter]");
    meter.max = withinMs;
    meter.value = left;
    if (left > 0) return;
    this.done();
    setTimeout(() => this.lapsed(), VERDICT_AFTER_MS);
  }
}
