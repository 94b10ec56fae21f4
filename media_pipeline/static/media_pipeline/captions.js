/* The caption editor: plays the video and shows in it what stands in the text. What captions are is decided by the
   server alone; here is only looked for times, to move between the text and the picture. Holds no words. */

const CHECK_AFTER_MS = 600;
const NEW_CAPTION_MS = 3000;
const TIMES = /^\s*(?:(\d{1,3}):)?(\d{1,2}):(\d{1,2})[.,](\d{3})\s*-->/;

const root = document.querySelector("[data-xv-captions]");
const part = (name) => root.querySelector(`[data-xv-${name}]`);
const video = root.querySelector("video");
const text = part("text");
const track = video.addTextTrack("captions", root.dataset.label, root.dataset.language);
let saved = "refused" in root.dataset ? null : text.value; // what came back refused is saved nowhere

function clock(ms) {
  const two = (number) => String(number).padStart(2, "0");
  const [seconds, thousandths] = [Math.floor(ms / 1000), String(ms % 1000).padStart(3, "0")];
  return `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}.${thousandths}`;
}

function startOf(line) {
  const found = TIMES.exec(line);
  if (!found) return null;
  const [hours, minutes, seconds, thousandths] = found.slice(1).map((digits) => Number(digits ?? 0));
  return ((hours * 60 + minutes) * 60 + seconds) * 1000 + thousandths;
}

async function loadVideo() {
  const { default: Hls } = await import(video.dataset.player);
  // Asked before canPlayType: desktop Chromium claims HLS of its own.
  if (Hls.isSupported()) {
    const player = new Hls({ maxBufferLength: 20 });
    player.loadSource(video.dataset.playlist);
    player.attachMedia(video);
  } else {
    video.src = video.dataset.playlist;
  }
}

function show(cues) {
  track.mode = "showing";
  for (const cue of [...track.cues]) track.removeCue(cue);
  for (const [startMs, endMs, words] of cues) track.addCue(new VTTCue(startMs / 1000, endMs / 1000, words));
}

function goToLine(number) {
  const lines = text.value.split("\n");
  const start = lines.slice(0, number - 1).reduce((length, line) => length + line.length + 1, 0);
  text.focus();
  text.setSelectionRange(start, start + (lines[number - 1] ?? "").length);
  text.scrollTop = Math.max(0, (text.scrollHeight / lines.length) * (number - 5));
  tellLine();
}

function tellLine() {
  part("line").textContent = root.dataset.line.replace("{n}", String(text.value.slice(0, text.selectionStart).split("\n").length));
}

function complain(faults, leftOut) {
  part("faults").hidden = faults.length === 0;
  part("more").hidden = !leftOut;
  part("more").textContent = root.dataset.more.replace("{n}", String(leftOut));
  part("fault-list").replaceChildren(...faults.map((fault) => {
    const item = document.createElement("li");
    if (fault.line) {
      const button = document.createElement("button");
      button.type = "button";
      button.dataset.lineNumber = fault.line;
      button.textContent = root.dataset.line.replace("{n}", fault.line);
      item.append(button, " ");
    }
    item.append(fault.text);
    return item;
  }));
}

let asked = 0;

async function check() {
  const number = (asked += 1);
  const form = new FormData();
  form.set("text", text.value);
  form.set("csrfmiddlewaretoken", root.querySelector("[name=csrfmiddlewaretoken]").value);
  try {
    const response = await fetch(root.dataset.check, { method: "POST", body: form });
    if (!response.ok) throw new Error(String(response.status));
    const answer = await response.json();
    if (number !== asked) return; // typed on meanwhile
    complain(answer.faults, answer.left_out);
    if (!answer.faults.length) show(answer.cues);
    part("status").textContent = answer.faults.length ? "" : [root.dataset.fine, ...answer.notes].join(" ");
  } catch {
    if (number === asked) part("status").textContent = root.dataset.lost;
  }
}

function insertCaption() {
  const now = Math.round(video.currentTime * 1000);
  const until = Math.round(Math.min(now + NEW_CAPTION_MS, (video.duration || Infinity) * 1000));
  const lines = text.value.replace(/\s+$/, "").split("\n");
  let place = lines.findIndex((line) => (startOf(line) ?? -1) > now);
  if (place < 0) place = lines.length;
  else while (place > 0 && lines[place - 1].trim()) place -= 1; // the number or name above the times
  const before = lines.slice(0, place).join("\n").replace(/\s+$/, "");
  const after = lines.slice(place).join("\n");
  const head = `${before}\n\n${clock(now)} --> ${clock(until)}\n`;
  text.value = `${head}\n\n${after}`.replace(/\s+$/, after ? "$&" : "\n");
  text.focus();
  text.setSelectionRange(head.length, head.length);
  tellLine();
}

function playFromText() {
  const lines = text.value.slice(0, text.selectionStart).split("\n");
  const whole = text.value.split("\n");
  let place = lines.length - 1;
  while (place > 0 && startOf(whole[place]) === null) place -= 1;
  const start = startOf(whole[place] ?? "");
  if (start === null) return;
  video.currentTime = start / 1000;
  video.play();
}

let waiting = 0;
text.addEventListener("input", () => {
  clearTimeout(waiting);
  waiting = setTimeout(check, CHECK_AFTER_MS);
});
for (const event of ["input", "click", "keyup", "focus"]) text.addEventListener(event, tellLine);
part("insert")?.addEventListener("click", insertCaption);
part("seek")?.addEventListener("click", playFromText);
part("fault-list").addEventListener("click", (event) => {
  const button = event.target.closest("[data-line-number]");
  if (button) goToLine(Number(button.dataset.lineNumber));
});
text.form.addEventListener("submit", () => { saved = text.value; });
window.addEventListener("beforeunload", (event) => { if (text.value !== saved) event.preventDefault(); });

loadVideo();
if (text.value.includes("-->")) check(); // an empty page is no mistake yet
