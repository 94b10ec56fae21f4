// Keeps the code on the teacher's screen fresh. A code is good for half a minute at most, so silence is shown.
const EVERY_MS = 3000; // how many are in should move while one looks
const box = document.querySelector("[data-code-url]");
const lost = document.querySelector("[data-lost]");

async function refresh() {
  let isFresh = false;
  try {
    const answer = await fetch(box.dataset.codeUrl, { cache: "no-store", redirect: "error", signal: AbortSignal.timeout(8000) });
    if (answer.ok) {
      box.innerHTML = await answer.text();
      isFresh = true;
    }
  } catch {
    // The wall says so; the next try comes by itself.
  }
  lost.hidden = isFresh;
  box.classList.toggle("wall-stale", !isFresh);
  if (!box.querySelector("[data-closed]")) wait();
}

function wait() {
  const left = Number(box.querySelector("[data-left-ms]")?.dataset.leftMs ?? EVERY_MS);
  setTimeout(refresh, Math.min(EVERY_MS, left + 50));
}

wait();
