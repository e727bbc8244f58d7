// The results as a table, to copy or to save as CSV, all in the browser.

import { saveFile } from "../common/save_file.js";
import { byId, percent } from "./page_text.js";

const holder = byId("table");
const [title, head, body] = [holder.querySelector("summary"), holder.querySelector("thead"), holder.querySelector("tbody")];
const DIGIT_HEAD = ["Place", "Read as", "Confidence", "Left", "Top", "Width", "Height"];
const FORMULA = /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/; // a spreadsheet would run it as a formula
let shown = null; // {title, name, head, rows, opens, pictures}
let stale = false; // rows changed while the table was closed
let several = false;

// `rows` and `head` are texts; `name` is the file name. Where there is a function in `opens`, the first cell of that row
// is a button, and where there is an address in `pictures`, it shows that.
export function showTable(table) {
  shown = table;
  several = Boolean(table.opens);
  holder.hidden = false;
  title.textContent = table.title;
  if (several) holder.open = true;
  stale = true;
  if (holder.open) fill();
}

// The digits of one reading; null for none. Does nothing while the table shows many images.
export function showDigitTable(reading) {
  if (several) return;
  const marks = [...(reading?.digits ?? []), ...(reading?.others ?? [])];
  holder.hidden = marks.length === 0;
  if (holder.hidden) return;
  const rows = marks.map(({ digit, confidence, kind, box }, i) => {
    const read = i < reading.digits.length;
    return [i + 1, read ? digit : kind.replace("_", " "), read ? percent(confidence) : "", ...box].map(String);
  });
  showTable({ title: "The digits as a table", name: "inkling-digits", head: DIGIT_HEAD, rows });
}

export function releaseTable() {
  several = false;
}

function fill() {
  if (!stale) return;
  stale = false;
  head.replaceChildren(row(shown.head, "th"));
  head.querySelectorAll("th").forEach((cell) => (cell.scope = "col"));
  body.replaceChildren(...shown.rows.map((texts, i) => row(texts, "td", shown.opens?.[i], shown.pictures?.[i])));
}

function row(texts, kind, open, picture) {
  const line = document.createElement("tr");
  texts.forEach((text, i) => {
    const cell = document.createElement(kind);
    if (open && i === 0) cell.append(button(text, open, picture));
    else cell.textContent = text;
    line.append(cell);
  });
  return line;
}

function button(text, act, picture) {
  const one = document.createElement("button");
  one.type = "button";
  if (picture) one.append(Object.assign(new Image(), { src: picture, alt: "" }));
  one.append(text);
  one.addEventListener("click", act);
  return one;
}

// RFC 4180; a file name that a spreadsheet would run as a formula becomes a path.
function csv({ head: names, rows }) {
  const field = (text) => `"${(FORMULA.test(text) ? `./${text}` : text).replaceAll('"', '""')}"`;
  return [names, ...rows].map((texts) => `${texts.map(field).join(",")}\r\n`).join("");
}

async function copy() {
  const lines = [shown.head, ...shown.rows].map((texts) => texts.map((text) => text.replaceAll(/\s+/g, " ")).join("\t"));
  try {
    await navigator.clipboard.writeText(lines.join("\n"));
    byId("spoken").textContent = byId("copied").textContent = "Copied.";
  } catch {
    byId("copied").textContent = "This browser lets no page copy; save it as CSV.";
  }
}

function save() {
  saveFile(["\ufeff", csv(shown)], `${shown.name}.csv`, "text/csv;charset=utf-8");
}

holder.addEventListener("toggle", () => holder.open && fill());
byId("copy-table").addEventListener("click", copy);
byId("save-table").addEventListener("click", save);
