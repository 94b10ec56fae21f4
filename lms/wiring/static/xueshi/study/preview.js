// The small picture over the seek bar: what is to be seen at the place that is pointed at. Only ornament: it takes no
// part in seeking, keyboards and screen readers pass it by, and a sheet is fetched when it is first looked at.

import { timecode } from "./words.js";

const THUMB_PX = 22; // the middle of the control's thumb never reaches the ends of the bar

/** `sprites`: count, every_ms, width, height, columns, rows and the addresses of the sheets. */
export function previewOver(scrub, sprites, durationMs) {
  const control = scrub.querySelector("[data-scrub]");
  const box = scrub.querySelector("[data-preview]");
  const [picture, clock] = [box.querySelector("[data-preview-picture]"), box.querySelector("[data-preview-clock]")];
  picture.style.width = `${sprites.width}px`;
  picture.style.height = `${sprites.height}px`;

  function show(share) {
    const placeMs = Math.min(1, Math.max(0, share)) * durationMs;
    const number = Math.min(sprites.count - 1, Math.floor(placeMs / sprites.every_ms));
    const onSheet = number % (sprites.columns * sprites.rows);
    const [column, row] = [onSheet % sprites.columns, Math.floor(onSheet / sprites.columns)];
    const sheet = sprites.sheets[Math.floor(number / (sprites.columns * sprites.rows))];
    picture.style.backgroundImage = `url("${sheet}")`;
    picture.style.backgroundPosition = `${-column * sprites.width}px ${-row * sprites.height}px`;
    clock.textContent = timecode(placeMs);
    box.hidden = false;
    const width = scrub.clientWidth;
    const middle = THUMB_PX / 2 + (placeMs / durationMs) * (width - THUMB_PX);
    box.style.left = `${Math.max(0, Math.min(width - box.offsetWidth, middle - box.offsetWidth / 2))}px`;
  }

  const hide = () => { box.hidden = true; };
  control.addEventListener("pointermove", (event) => {
    if (control.disabled || event.pointerType === "touch") return;
    const area = control.getBoundingClientRect();
    show((event.clientX - area.left - THUMB_PX / 2) / (area.width - THUMB_PX));
  });
  // A finger drags the thumb; what it covers is shown above it.
  control.addEventListener("input", () => show(Number(control.value) / durationMs));
  for (const name of ["pointerleave", "pointercancel", "change", "blur"]) control.addEventListener(name, hide);
}
