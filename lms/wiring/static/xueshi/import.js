/* Asks how far an import is and moves the bar; loads the page anew when it is over. Without it the page reloads itself. */
"use strict";
(() => {
  const card = document.querySelector("[data-import-progress]");
  const { url, every_ms: everyMs } = JSON.parse(document.getElementById("import-poll").textContent);
  const bar = card.querySelector("progress");

  async function ask() {
    try {
      const answer = await fetch(url, { headers: { Accept: "application/json" }, credentials: "same-origin" });
      if (answer.ok) {
        const { state, percent, done } = await answer.json();
        if (state !== "waiting" && state !== "running") {
          window.location.reload();
          return;
        }
        bar.value = percent;
        card.querySelector("[data-percent]").textContent = `${percent}%`;
        card.querySelector("[data-done]").textContent = done;
      }
    } catch {
      // A phone without a network for a moment; the next question follows.
    }
    window.setTimeout(ask, everyMs);
  }

  window.setTimeout(ask, everyMs);
})();
