// A digit that is moved, resized, thickened and turned dark on light: the tutorial network as it is, and behind the road.

import { Away, Refused, read } from "../common/client.js";
import { loadDigits } from "../common/digits.js";
import { kept } from "../common/drawing.js";
import { drawStroke, reach } from "../common/ink.js";
import { forward, loadNetwork } from "../common/network.js";
import { percent } from "../draw/words.js";
import { drawn, partsOf, SIDE, slider, tileOf } from "./parts.js";

const NETWORK = "ann-tutorial";
const FINE = 10; // pixels of the sheet for each pixel of the tile
const SHEET = SIDE * FINE;
const REST_MS = 120;

export async function begin(section) {
  const { digit, knobs, another, own, reset, naive, cured } = partsOf(section);
  const [digits, network] = await Promise.all([loadDigits(), loadNetwork(NETWORK)]);
  let number = 2;
  let source = scaled(tileOf(digits, number)); // a canvas, white ink on nothing
  let timer = null;
  let asked = 0;

  const sheet = Object.assign(document.createElement("canvas"), { width: SHEET, height: SHEET });
  const paint = () => {
    const context = sheet.getContext("2d", { willReadFrequently: true });
    context.fillStyle = "#000";
    context.fillRect(0, 0, SHEET, SHEET);
    const side = SHEET * size.value;
    const grow = bold.value * FINE;
    const [x, y] = [SHEET / 2 - side / 2 + right.value * FINE, SHEET / 2 - side / 2];
    for (let turn = 0; turn < (grow ? 12 : 1); turn++) {
      const angle = (turn / 12) * 2 * Math.PI;
      context.drawImage(source, x + grow * Math.cos(angle), y + grow * Math.sin(angle), side, side);
    }
    if (dark.checked) {
      context.globalCompositeOperation = "difference";
      context.fillStyle = "#fff";
      context.fillRect(0, 0, SHEET, SHEET);
      context.globalCompositeOperation = "source-over";
    }
  };
  const show = () => {
    paint();
    again();
    const { probs } = forward(network, tileFrom(sheet));
    const best = probs.indexOf(Math.max(...probs));
    naive.textContent = `As it is, made 28 × 28: ${best}, with ${percent(probs[best])}.`;
    clearTimeout(timer);
    timer = setTimeout(ask, REST_MS);
  };
  const ask = async () => {
    const turn = ++asked;
    const blob = await new Promise((done) => sheet.toBlob(done, "image/png"));
    let words;
    try {
      const { text, confidence } = await read(blob, { model: NETWORK });
      words = text ? `${text.replaceAll("\n", " ")}, with ${percent(confidence)}` : "nothing";
    } catch (error) {
      if (!(error instanceof Away || error instanceof Refused)) throw error;
      words = "the server does not answer just now";
      if (error instanceof Away) timer = setTimeout(ask, 2000);
    }
    if (turn === asked) cured.textContent = `Behind the road: ${words}.`;
  };

  const points = (value) => `${Math.abs(value)} px`;
  const right = slider({ label: "Off the middle", min: -8, max: 8, step: 1, value: 0, say: points, change: () => show() });
  const size = slider({ label: "Size", min: 0.4, max: 1.3, step: 0.05, value: 1, say: percent, change: () => show() });
  const bold = slider({ label: "Thicker", min: 0, max: 2, step: 0.25, value: 0, say: (v) => `${v} px`, change: () => show() });
  const dark = Object.assign(document.createElement("input"), { type: "checkbox" });
  const tick = document.createElement("label");
  tick.className = "tick";
  tick.append(dark, " Dark ink on light paper");
  dark.addEventListener("change", show);
  knobs.append(right.element, size.element, bold.element, tick);
  const again = drawn(digit, 1, (context, width) => {
    const small = Object.assign(document.createElement("canvas"), { width: SIDE, height: SIDE });
    small.getContext("2d").drawImage(sheet, 0, 0, SIDE, SIDE);
    context.imageSmoothingEnabled = false;
    context.drawImage(small, 0, 0, width, width);
  });
  const asItWas = () => {
    for (const [knob, value] of [[right, 0], [size, 1], [bold, 0]]) knob.set(value);
    dark.checked = false;
  };
  another.addEventListener("click", () => {
    number = (number + 1) % digits.labels.length;
    source = scaled(tileOf(digits, number));
    show();
  });
  own.addEventListener("click", () => {
    const drawing = kept();
    if (!drawing?.strokes.length) {
      cured.textContent = "Nothing is on the board yet: draw a digit there first, then come back.";
      return;
    }
    source = sketched(drawing.strokes);
    asItWas();
    dark.checked = true; // as people draw
    show();
  });
  reset.addEventListener("click", () => {
    asItWas();
    show();
  });
  show();
}

// The sheet reduced to 784 numbers, as tutorials do: each the mean of a square, 0..1.
function tileFrom(sheet) {
  const { data } = sheet.getContext("2d").getImageData(0, 0, SHEET, SHEET);
  const tile = new Float32Array(SIDE * SIDE);
  for (let y = 0; y < SHEET; y++) {
    for (let x = 0; x < SHEET; x++) {
      tile[Math.floor(y / FINE) * SIDE + Math.floor(x / FINE)] += data[4 * (y * SHEET + x)] / 255 / FINE ** 2;
    }
  }
  return tile;
}

// A tile as a smooth picture in white ink.
function scaled(tile) {
  const small = new OffscreenCanvas(SIDE, SIDE);
  const image = new ImageData(SIDE, SIDE);
  tile.forEach((ink, i) => image.data.set([255, 255, 255, 255 * ink], 4 * i));
  small.getContext("2d").putImageData(image, 0, 0);
  const large = Object.assign(document.createElement("canvas"), { width: SHEET, height: SHEET });
  large.getContext("2d").drawImage(small, 0, 0, SHEET, SHEET);
  return large;
}

// The drawing of the board in white ink, the whole board made as large as the sheet.
function sketched(strokes) {
  const canvas = Object.assign(document.createElement("canvas"), { width: SHEET, height: SHEET });
  const context = canvas.getContext("2d");
  const far = reach(strokes);
  context.strokeStyle = "#fff";
  const scale = SHEET / Math.max(1, 2 * far.x, 2 * far.y);
  for (const stroke of strokes) drawStroke(context, stroke, { scale, x: SHEET / 2, y: SHEET / 2 });
  return canvas;
}
