/* The video library: follows a video's progress, and sends an upload in the background. Holds no words. */
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

  function sendInBackground(form) {
    const part = (name) => form.querySelector(`[data-xv-${name}]`);
    const bar = form.querySelector("progress");
    const button = form.querySelector("button[type=submit]");

    function complain(texts) {
      part("sending").hidden = true;
      button.disabled = false;
      part("error-texts").replaceChildren(
        ...texts.map((text) => {
          const paragraph = document.createElement("p");
          paragraph.textContent = text;
          return paragraph;
        }),
      );
      part("errors").hidden = false;
      part("errors").scrollIntoView({ block: "nearest" });
    }

    function answered(request) {
      const answer = request.response || {};
      if (request.status === 200 && answer.url) {
        part("status").textContent = form.dataset.done;
        window.location.assign(answer.url);
      } else if (answer.errors) {
        complain(answer.errors);
      } else {
        complain([form.dataset.lost]);
      }
    }

    form.addEventListener("submit", (event) => {
      if (!form.reportValidity()) {
        return;
      }
      event.preventDefault();
      part("errors").hidden = true;
      part("sending").hidden = false;
      button.disabled = true;
      const request = new XMLHttpRequest();
      request.open("POST", form.action || window.location.href);
      request.setRequestHeader("Accept", "application/json");
      request.responseType = "json";
      request.upload.addEventListener("progress", (sent) => {
        if (sent.lengthComputable) {
          const percent = Math.floor((sent.loaded / sent.total) * 100);
          bar.value = percent;
          part("status").textContent = `${percent} %`;
        }
      });
      request.addEventListener("load", () => answered(request));
      request.addEventListener("error", () => complain([form.dataset.lost]));
      request.send(new FormData(form));
    });
  }

  document.querySelectorAll("[data-xv-progress]").forEach(follow);
  document.querySelectorAll("[data-xv-upload]").forEach(sendInBackground);
})();
