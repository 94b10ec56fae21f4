/* The video library: follows a video's progress. Holds no words. */
(function () {
  "use strict";

  const ASK_EVERY_MS = 1000;
  const ASK_AGAIN_AFTER_ERROR_MS = 4000;

  function follow(section) {
    const part = (name) => section.querySelector(`[data-xv-${name}]`);

    function show(progress) {
      // Screen readers announce the stage; writing the same text again would announce it every second.
      if (part("stage").textContent !== progress.stage) {
        part("stage").textContent = progress.stage;
      }
      document.querySelector("[data-xv-state]").textContent = progress.state;
      part("bar").value = progress.percent;
      part("percent").textContent = `${progress.percent} %`;
      part("note").textContent = progress.note;
    }

    async function ask() {
      try {
        const response = await fetch(section.dataset.xvProgress, { headers: { Accept: "application/json" } });
        if (!response.ok) {
          throw new Error(String(response.status));
        }
        const progress = await response.json();
        if (progress.settled) {
          window.location.reload();
          return;
        }
        show(progress);
        window.setTimeout(ask, ASK_EVERY_MS);
      } catch (error) {
        part("note").textContent = section.dataset.lost;
        window.setTimeout(ask, ASK_AGAIN_AFTER_ERROR_MS);
      }
    }

    window.setTimeout(ask, ASK_EVERY_MS);
  }

  document.querySelectorAll("[data-xv-progress]").forEach(follow);
})();
