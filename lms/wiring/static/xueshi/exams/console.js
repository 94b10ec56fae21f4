// Keeps the counts of a sitting fresh: asks for the page itself, so it shows what "Look again" would. Rests while nobody looks.
const EVERY_MS = 20_000;
const page = document.querySelector("[data-live-url]");
const lost = document.querySelector("[data-live-lost]");
let timer;

async function look() {
  let isFresh = false;
  try {
    const answer = await fetch(page.dataset.liveUrl, { cache: "no-store", redirect: "error", signal: AbortSignal.timeout(8000) });
    if (answer.ok) {
      show(new DOMParser().parseFromString(await answer.text(), "text/html"));
      isFresh = true;
    }
  } catch {
    // The page says so; the next try comes by itself.
  }
  lost.hidden = isFresh;
  wait();
}

function show(fresh) {
  for (const old of page.querySelectorAll("[data-live]")) {
    const now = fresh.querySelector(`[data-live="${old.dataset.live}"]`);
    // Whoever stands on a link in it with the keyboard keeps their place.
    if (now && !old.contains(document.activeElement)) old.replaceWith(now);
  }
}

function wait() {
  clearTimeout(timer);
  if (!document.hidden) timer = setTimeout(look, EVERY_MS);
}

document.addEventListener("visibilitychange", () => (document.hidden ? clearTimeout(timer) : look()));
wait();
