// Digits drawn anew with the chosen values: one request at a time, always for the latest.

import { steer } from "./lab.js";
import { bytes } from "./numbers.js";
import { inkShade, paintMaps } from "./paint.js";

const canvas = document.getElementById("samples");
const names = [...document.querySelectorAll(".augmentation [data-field]")].map((box) => box.dataset.field);

let wanted = null;
let busy = false;
let tiles = null;
let shown = "";

export async function showSamples(values) {
  wanted = Object.fromEntries(names.map((name) => [name, values[name]]));
  if (busy) return;
  busy = true;
  while (wanted) {
    const asked = wanted;
    wanted = null;
    const key = JSON.stringify(asked);
    if (key === shown) continue;
    try {
      tiles = bytes((await steer("samples", asked)).tiles);
      shown = key;
      paint();
    } catch {
      break; // without samples all else still works
    }
  }
  busy = false;
}

function paint() {
  if (tiles) paintMaps(canvas, tiles, { side: 28, columns: 10, shade: inkShade() });
}

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", paint);
