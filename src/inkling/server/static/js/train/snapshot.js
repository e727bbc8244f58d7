// A snapshot of the network: weights, confusion matrix, mistakes.

import { bytes, count, percent } from "./number_format.js";
import { inkShade, paintMaps, weightShade } from "./pixel_maps.js";

const byId = (id) => document.getElementById(id);
const COLUMNS = { 28: 6, 5: 4 }; // columns of maps, by the side of a map
const TILE = 28;

let latest = null;

export function showSnapshot(snapshot) {
  latest = snapshot;
  if (!snapshot) return;
  showWeights(snapshot.weights);
  showConfusion(snapshot.judged);
  showWrong(snapshot.wrong);
}

// Redraws when the color scheme changes.
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => showSnapshot(latest));

function showWeights({ maps, side, n, of, scale }) {
  const canvas = byId("weights");
  paintMaps(canvas, bytes(maps), { side, columns: COLUMNS[side] ?? 6, shade: weightShade() });
  const what = side === TILE ? "hidden units, one weight per pixel" : "filters of 5 by 5 pixels";
  canvas.setAttribute("aria-label", `Weights of ${n} of ${of} ${what}; the strongest are ${scale.toPrecision(2)}`);
  byId("weights-status").textContent = `· ${n === of ? n : `${n} of ${of}`} ${what}`;
}

function showConfusion({ confusion, n, accuracy, kind = "held-out images" }) {
  const host = byId("confusion");
  if (!host.querySelector("table")) host.replaceChildren(...newTable());
  const worst = Math.max(1, ...confusion.flatMap((row, i) => row.filter((_, j) => j !== i)));
  for (const [i, row] of confusion.entries()) {
    const total = Math.max(1, row.reduce((sum, value) => sum + value, 0));
    for (const [j, value] of row.entries()) {
      const cell = host.querySelector(`[data-cell="${i}${j}"]`);
      cell.textContent = value || "";
      cell.style.setProperty("--share", String(i === j ? value / total : Math.sqrt(value / worst)));
    }
  }
  host.querySelector("caption").textContent = `${percent(accuracy)} of ${count(n)} ${kind} are on the diagonal`;
}

function newTable() {
  const table = document.createElement("table");
  table.createCaption();
  const digits = [...Array(10).keys()];
  const head = table.createTHead().insertRow();
  head.append(heading("is", ""), ...digits.map((digit) => heading(digit, "col")));
  head.cells[0].title = "Rows: the digit. Columns: what is read.";
  const body = table.createTBody();
  for (const i of digits) {
    const row = body.insertRow();
    row.append(heading(i, "row"));
    for (const j of digits) {
      const cell = row.insertCell();
      cell.dataset.cell = `${i}${j}`;
      cell.className = i === j ? "right" : "mistaken";
    }
  }
  return [table];
}

function heading(text, scope) {
  const cell = document.createElement(scope ? "th" : "td");
  if (scope) cell.scope = scope;
  cell.textContent = scope ? text : "";
  return cell;
}

function showWrong({ tiles, labels, read, confidence }) {
  const all = bytes(tiles);
  const shade = inkShade();
  const items = labels.map((label, i) => {
    const item = document.createElement("li");
    const canvas = document.createElement("canvas");
    canvas.className = "pixels";
    canvas.setAttribute("aria-hidden", "true");
    const size = TILE * TILE;
    paintMaps(canvas, all.subarray(i * size, (i + 1) * size), { side: TILE, columns: 1, shade });
    const text = document.createElement("span");
    text.append(`${label} read as `, strong(read[i]));
    item.title = `${percent(confidence[i])} sure`;
    item.append(canvas, text);
    return item;
  });
  byId("wrong").replaceChildren(...items);
  byId("wrong-status").textContent = items.length ? "" : "No mistakes in the first 1,000 held-out images.";
}

function strong(text) {
  const element = document.createElement("strong");
  element.textContent = text;
  return element;
}
