// Rows of modules in the editor of a syllabus: add and remove without a round trip, and see the sum while writing.
// Without this file the same button sends the page and it comes back with one more row. A row that was taken away keeps
// its number: the server finds it absent and takes it for empty.

const form = document.querySelector(".syllabus-form");
const rows = form.querySelector("[data-module-rows]");
const count = form.querySelector("[data-rows]");
const blank = form.querySelector("[data-blank-row]");
const adder = form.querySelector("[data-add-row]");
const sum = form.querySelector("[data-sum]");
const ROWS_MAX = 120;
const KINDS = ["online", "classroom", "workshop"];

function renumber() {
  for (const [index, mark] of [...rows.querySelectorAll(".module-row-number")].entries()) mark.textContent = index + 1;
}

function add() {
  const index = Number(count.value);
  if (index >= ROWS_MAX) return;
  const holder = document.createElement("template");
  holder.innerHTML = blank.innerHTML.replaceAll("__row__", index);
  const row = holder.content.firstElementChild;
  rows.append(row);
  count.value = index + 1;
  row.querySelector("[data-remove]").hidden = false;
  renumber();
  row.querySelector("input").focus();
}

function remove(row) {
  const next = row.nextElementSibling ?? row.previousElementSibling;
  row.remove();
  renumber();
  total();
  (next?.querySelector("input") ?? adder).focus();
}

function hours(kind) {
  const fields = rows.querySelectorAll(`input[name$="-${kind}"]`);
  return [...fields].reduce((all, field) => all + (Number(field.value) || 0), 0);
}

function plain(number) {
  return String(Math.round(number * 1000) / 1000);
}

function total() {
  const [online, classroom, workshop] = KINDS.map(hours);
  const theory = online + classroom;
  const share = theory > 0 ? `${Math.round((online * 1000) / theory) / 10} %` : "–";
  const texts = { online: plain(online), classroom: plain(classroom), workshop: plain(workshop), share };
  for (const [name, text] of Object.entries(texts)) sum.querySelector(`[data-sum-of="${name}"]`).textContent = text;
}

// No longer the first submit button: Enter in a field now asks for the preview.
adder.type = "button";
adder.addEventListener("click", add);
rows.addEventListener("click", (event) => {
  const button = event.target.closest("[data-remove]");
  if (button) remove(button.closest("[data-row]"));
});
rows.addEventListener("input", total);
for (const button of rows.querySelectorAll("[data-remove]")) button.hidden = false;
sum.hidden = false;
total();
