// The digits and other marks of a reading as a table, to copy or to save as CSV.

import { copyTable, saveTable } from "./csv.js";
import { byId, percent } from "./page_text.js";

const holder = byId("table");
const [head, body] = [holder.querySelector("thead"), holder.querySelector("tbody")];
const HEAD = ["Place", "Read as", "Confidence", "Left", "Top", "Width", "Height"];
let shown = null; // {name, head, rows}, of texts
let stale = false; // rows changed while the table was closed

// Shows the digits and other marks of a reading; null for none.
export function showDigitTable(reading) {
  const marks = [...(reading?.digits ?? []), ...(reading?.others ?? [])];
  holder.hidden = marks.length === 0;
  if (holder.hidden) return;
  const rows = marks.map(({ digit, confidence, kind, box }, i) => {
    const read = i < reading.digits.length;
    return [i + 1, read ? digit : kind.replace("_", " "), read ? percent(confidence) : "", ...box].map(String);
  });
  shown = { name: "inkling-digits", head: HEAD, rows };
  stale = true;
  if (holder.open) fill();
}

function fill() {
  if (!stale) return;
  stale = false;
  head.replaceChildren(row(shown.head, "th"));
  head.querySelectorAll("th").forEach((cell) => (cell.scope = "col"));
  body.replaceChildren(...shown.rows.map((texts) => row(texts, "td")));
}

function row(texts, kind) {
  const line = document.createElement("tr");
  line.append(...texts.map((text) => Object.assign(document.createElement(kind), { textContent: text })));
  return line;
}

holder.addEventListener("toggle", () => holder.open && fill());
byId("copy-table").addEventListener("click", () => copyTable(shown, byId("copied")));
byId("save-table").addEventListener("click", () => saveTable(shown));
