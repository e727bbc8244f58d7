// Augmented digits with the chosen values: one request at a time, always for the latest values.

import { postJson } from "./lab_client.js";
import { bytes } from "./number_format.js";
import { inkShade, paintMaps } from "./pixel_maps.js";

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
      tiles = bytes((await postJson("samples", asked)).tiles);
      shown = key;
      paint();
    } catch {
      break; // the page works without samples
    }
  }
  busy = false;
}

function paint() {
  if (tiles) paintMaps(canvas, tiles, { side: 28, columns: 10, shade: inkShade() });
}

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", paint);
