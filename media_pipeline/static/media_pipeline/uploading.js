/* Sends a video in parts by the tus protocol: pause, go on, and a hash of every part. Holds no words.

   What is unfinished is known to the server; this browser only remembers when a file was last changed, so that another
   file of the same name and size is not taken for it. Without this script, or where it cannot run, the form sends the
   file in one piece. */
(function () {
  "use strict";

  const RETRY_AFTER_MS = [0, 1000, 3000, 5000, 10000, 20000, 30000, 60000, 60000, 60000];
  // A connection that died with a closed lid says nothing for many minutes.
  const STALLED_AFTER_MS = 60000;
  const SPEED_OVER_MS = 10000;
  const ASK_EVERY_MS = 1000;
  const ASK_AGAIN_AFTER_ERROR_MS = 4000;
  const REMEMBERED = "xueshi-upload:";
  const CHECKSUM_MISMATCH = 460;
  const NO_SPACE = 507;
  const LOGGED_OUT = 401;

  const page = document.querySelector("[data-xu]");
  if (!page || !window.tus || !window.tus.isSupported) {
    return;
  }
  const texts = page.dataset;
  const partBytes = Number(texts.partBytes);
  const form = page.querySelector("form");
  const chosen = form.querySelector("input[type=file]");
  const items = [...page.querySelectorAll("[data-xu-item]")];
  const part = (name) => page.querySelector(`[data-xu-${name}]`);
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_all, name) => values[name]);

  let sending = null;
  // From the click to the first request a file is read and hashed; a second click begins no second upload.
  let isStarting = false;

  function sizeText(bytes) {
    const units = ["B", "KB", "MB", "GB"];
    let unit = 0;
    while (bytes >= 1024 && unit < units.length - 1) {
      bytes /= 1024;
      unit += 1;
    }
    return `${bytes.toFixed(unit && bytes < 100 ? 1 : 0)} ${units[unit]}`;
  }

  function leftText(seconds) {
    if (seconds < 60) {
      return texts.leftSoon;
    }
    const minutes = Math.ceil(seconds / 60);
    const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
    return hours ? fill(texts.leftHours, { hours, minutes: rest }) : fill(texts.leftMinutes, { minutes });
  }

  /* Read at every request: whoever logs in again in another tab gets another one. */
  function token() {
    const found = document.cookie.match(/(?:^|; )csrftoken=([^;]+)/);
    return found ? found[1] : form.elements.csrfmiddlewaretoken.value;
  }

  async function sha256(blob) {
    return new Uint8Array(await window.crypto.subtle.digest("SHA-256", await blob.arrayBuffer()));
  }

  const hex = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");

  async function ask(address) {
    const response = await fetch(address, { headers: { Accept: "application/json" } });
    const answer = await response.json();
    if (!response.ok) {
      throw Object.assign(new Error(answer.text), { status: response.status });
    }
    return answer;
  }

  function remember(address, file) {
    try {
      localStorage.setItem(REMEMBERED + address, String(file.lastModified));
    } catch (error) {
      // A private window keeps nothing; the hashes of the parts are still compared.
    }
  }

  function forget(address) {
    try {
      localStorage.removeItem(REMEMBERED + address);
    } catch (error) {
      // As above.
    }
  }

  function changedSince(address, file) {
    try {
      const known = localStorage.getItem(REMEMBERED + address);
      return known !== null && known !== String(file.lastModified);
    } catch (error) {
      return false;
    }
  }

  /* Whether this file is the one of which the server has the first parts. */
  async function isSameFile(item, file) {
    if (file.size !== Number(item.dataset.size) || changedSince(item.dataset.address, file)) {
      return false;
    }
    const { parts } = await ask(item.dataset.address);
    for (const [from, to, known] of window.crypto.subtle ? parts : []) {
      if (hex(await sha256(file.slice(from, to))) !== known) {
        return false;
      }
    }
    return true;
  }

  async function begunBefore(file) {
    for (const item of items) {
      const { name, state } = item.dataset;
      if (state === "receiving" && name === file.name && (await isSameFile(item, file).catch(() => false))) {
        return item;
      }
    }
    return null;
  }

  function complain(text) {
    const paragraph = document.createElement("p");
    paragraph.textContent = text;
    part("error-texts").replaceChildren(paragraph);
    part("errors").hidden = false;
    part("errors").scrollIntoView({ block: "nearest" });
  }

  /* The form again, and why. */
  function showEntries(text) {
    sending = null;
    part("sending").hidden = true;
    part("entries").hidden = false;
    complain(text);
  }

  /* What is complete became no video, or nobody may know any more how it goes. */
  function notTaken(text, status) {
    if (status === LOGGED_OUT) {
      show("waiting", text);
      return;
    }
    // Another upload, with an id of its own; without one the server makes it.
    form.elements.upload.value = window.crypto.randomUUID ? window.crypto.randomUUID() : "";
    showEntries(text);
  }

  /* One of: sending, paused, waiting (for a connection, or for somebody), checking. */
  function show(state, text) {
    sending.state = state;
    part("sending").hidden = false;
    part("entries").hidden = true;
    part("state").textContent = text || texts[state];
    part("pause").hidden = state !== "sending";
    part("resume").hidden = state !== "paused" && state !== "waiting";
    part("give-up").hidden = state === "checking";
    if (state !== "sending") {
      part("figures").textContent = "";
    }
  }

  function showBar(done, total) {
    const percent = Math.floor((done / total) * 100);
    part("bar").value = percent;
    part("percent").textContent = `${percent} %`;
  }

  function showProgress(sent) {
    const now = performance.now();
    const { file, samples } = sending;
    sending.movedAt = now;
    showBar(sent, file.size);
    part("amount").textContent = fill(texts.amount, { sent: sizeText(sent), total: sizeText(file.size) });
    samples.push([now, sent]);
    while (now - samples[0][0] > SPEED_OVER_MS) {
      samples.shift();
    }
    const [since, before] = samples[0];
    const perSecond = ((sent - before) / (now - since)) * 1000;
    if (now - since > 1000 && perSecond > 0 && sending.state === "sending") {
      const speed = fill(texts.speed, { size: sizeText(perSecond) });
      part("figures").textContent = `${speed} · ${leftText((file.size - sent) / perSecond)}`;
    }
  }

  function shouldRetry(error) {
    const status = error.originalResponse ? error.originalResponse.getStatus() : 0;
    const isOurs = status >= 500 && status !== NO_SPACE;
    const isPassing = status === 0 || status === 409 || status === 423 || status === CHECKSUM_MISMATCH;
    if (status === 0) {
      part("state").textContent = texts.waiting;
    }
    return isOurs || isPassing;
  }

  /* What the server says, in the reader's language. A HEAD has no words: they are asked for. A broken connection says
     nothing. */
  async function saidBy(error) {
    if (!error.originalResponse) {
      return texts.waiting;
    }
    try {
      return JSON.parse(error.originalResponse.getBody()).text;
    } catch (_nothingSaid) {
      return sending.address ? ask(sending.address).then((told) => told.text, (failed) => failed.message) : texts.waiting;
    }
  }

  function send(file, address, metadata) {
    sending = { file, address, samples: [], movedAt: performance.now(), state: "sending" };
    const upload = new window.tus.Upload(file, {
      endpoint: address ? null : texts.uploads,
      uploadUrl: address,
      metadata,
      chunkSize: partBytes,
      retryDelays: RETRY_AFTER_MS,
      storeFingerprintForResuming: false,
      onShouldRetry: shouldRetry,
      async onBeforeRequest(request) {
        request.setHeader("X-CSRFToken", token());
        if (request.getMethod() === "PATCH" && window.crypto.subtle) {
          const from = Number(request.getHeader("Upload-Offset"));
          const digest = await sha256(file.slice(from, from + partBytes));
          request.setHeader("Upload-Checksum", `sha256 ${btoa(String.fromCharCode(...digest))}`);
        }
      },
      onUploadUrlAvailable() {
        sending.address = new URL(upload.url, window.location.href).pathname;
        remember(sending.address, file);
      },
      onProgress(sent) {
        if (sending.state === "sending" && part("state").textContent !== texts.sending) {
          part("state").textContent = texts.sending;
        }
        showProgress(sent);
      },
      async onError(error) {
        const said = await saidBy(error);
        show("waiting", said);
        if (!sending.address) {
          // Nothing was begun: the entries are there to be changed.
          showEntries(said);
        }
      },
      onSuccess() {
        forget(sending.address);
        show("checking");
        follow(sending.address, showBar, notTaken);
      },
    });
    sending.upload = upload;
    part("file").textContent = file.name;
    show("sending");
    showProgress(0);
    upload.start();
  }

  /* Asks how the check of a complete upload goes, until it is a video or the server says that it will be none. */
  async function follow(address, showChecked, fail) {
    try {
      const told = await ask(address);
      if (told.url) {
        window.location.assign(told.url);
      } else if (told.state === "checking") {
        showChecked(told.checked_percent, 100);
        window.setTimeout(follow, ASK_EVERY_MS, address, showChecked, fail);
      } else {
        fail(told.text);
      }
    } catch (error) {
      if (error.status >= 400 && error.status < 500) {
        fail(error.message, error.status);
      } else {
        window.setTimeout(follow, ASK_AGAIN_AFTER_ERROR_MS, address, showChecked, fail);
      }
    }
  }

  function pause() {
    sending.upload.abort();
    show("paused");
  }

  function goOn() {
    sending.samples = [];
    sending.movedAt = performance.now();
    show("sending");
    sending.upload.start();
  }

  async function giveUp(address) {
    if (!window.confirm(texts.sure)) {
      return;
    }
    if (sending) {
      sending.upload.abort();
      sending.state = "paused";
    }
    if (address) {
      const headers = { "Tus-Resumable": "1.0.0", "X-CSRFToken": token() };
      const response = await fetch(address, { method: "DELETE", headers }).catch(() => null);
      if (!response || !(response.ok || response.status === 410 || response.status === 404)) {
        complain(texts.waiting);
        return;
      }
      forget(address);
    }
    window.location.reload();
  }

  async function goOnWith(item, file) {
    if (isStarting || sending) {
      return;
    }
    isStarting = true;
    part("errors").hidden = true;
    const isSame = await isSameFile(item, file).catch((error) => complain(error.message));
    isStarting = false;
    if (isSame) {
      send(file, item.dataset.address, {});
    } else if (isSame === false) {
      complain(fill(texts.otherFile, { name: item.dataset.name }));
    }
  }

  form.addEventListener("submit", async (event) => {
    const file = chosen.files[0];
    event.preventDefault();
    if (isStarting || sending || !file || !form.reportValidity()) {
      return;
    }
    isStarting = true;
    part("errors").hidden = true;
    const before = await begunBefore(file);
    isStarting = false;
    const fields = form.elements;
    const entered = { title: fields.title.value, collection: fields.collection ? fields.collection.value : "" };
    send(file, before ? before.dataset.address : null, { filename: file.name, upload: fields.upload.value, ...entered });
  });

  chosen.addEventListener("change", async () => {
    const file = chosen.files[0];
    const before = file ? await begunBefore(file) : null;
    part("known").hidden = !before;
    if (before) {
      part("known").textContent = fill(texts.known, { percent: `${before.dataset.percent} %` });
    }
  });

  for (const item of items) {
    const picker = item.querySelector("input[type=file]");
    item.querySelector("[data-xu-actions]").hidden = item.dataset.state !== "receiving";
    item.querySelector("[data-xu-pick]").addEventListener("click", () => picker.click());
    item.querySelector("[data-xu-drop]").addEventListener("click", () => giveUp(item.dataset.address));
    picker.addEventListener("change", () => picker.files[0] && goOnWith(item, picker.files[0]));
    if (item.dataset.state === "checking") {
      const bar = item.querySelector("progress");
      follow(item.dataset.address, (done) => (bar.value = done), complain);
    }
  }

  part("pause").addEventListener("click", pause);
  part("resume").addEventListener("click", goOn);
  part("give-up").addEventListener("click", () => giveUp(sending.address));

  /* The connection is back, or the laptop is open again. */
  function wake() {
    if (sending && sending.state === "waiting" && sending.address && navigator.onLine) {
      goOn();
    }
  }

  window.addEventListener("online", wake);
  document.addEventListener("visibilitychange", () => document.hidden || wake());
  window.setInterval(() => {
    if (sending && sending.state === "sending" && performance.now() - sending.movedAt > STALLED_AFTER_MS) {
      sending.upload.abort();
      goOn();
    }
  }, STALLED_AFTER_MS / 4);
  window.addEventListener("beforeunload", (event) => {
    if (sending && sending.state === "sending") {
      event.preventDefault();
    }
  });
})();
