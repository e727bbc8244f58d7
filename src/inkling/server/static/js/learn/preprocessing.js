// Reads a drawing or a test digit twice with the tutorial network: once only resized to 28x28, and once through the
// pipeline.

import { Board } from "../common/board.js";
import { read } from "../common/api_client.js";
import { loadDigits } from "../common/test_digits.js";
import { savedDrawing } from "../common/drawing.js";
import { LatestRequest } from "../common/latest_request.js";
import { forward, loadNetwork } from "../common/dense_network.js";
import { greyPng } from "../common/png.js";
import { isStatic } from "../common/site.js";
import { percent } from "../draw/page_text.js";
import { openEngine } from "../engine/client.js";
import { ownDigit } from "./own_strokes.js";
import { FOUR, IDENTITY, mnistTransform, putStrokes, putTile, SHEET, tileFrom } from "./drawing_transform.js";
import { argmax, checkbox, drawProbabilities, paintTile, partsOf, percent as rounded, responsiveCanvas, SIDE, slider, tileOf } from "./widgets.js";

const NETWORK = "ann-tutorial";
const LIMITS = { size: [0.2, 2], pen: [0.2, 4], right: [-12, 12], down: [-12, 12] };

export async function begin(section) {
  const { board, clear, controls, another, own, reset, normalize, digit, naive, naivebars, tile, pipeline, pipelinebars } = partsOf(section);
  const [digits, network] = await Promise.all([loadDigits(), loadNetwork(NETWORK)]);
  const sheet = Object.assign(document.createElement("canvas"), { width: SHEET, height: SHEET });
  let number = null; // of the test digit that is shown; null for a drawing
  let resized = new Float32Array(SIDE * SIDE); // the resized image
  let probs = new Float64Array(10);
  let pipelineResult = { tile: new Float32Array(SIDE * SIDE), probs: new Float64Array(10) };

  const transform = () => ({ ...Object.fromEntries(Object.keys(sliders).map((key) => [key, sliders[key].value])), dark: dark.checked });
  const show = () => {
    const isEmpty = number === null && pen.isEmpty;
    if (number === null) putStrokes(sheet, pen.strokes, transform());
    else putTile(sheet, tileOf(digits, number), transform());
    resized = tileFrom(sheet);
    probs = forward(network, resized).probs;
    const best = argmax(probs);
    naive.textContent = isEmpty ? "Draw a digit on the board." : `Resized to 28 × 28: ${best}, with ${percent(probs[best])}.`;
    clear.disabled = isEmpty;
    redraw();
    requests.ask({ run: () => readThroughPipeline(sheet) });
  };
  const showPipeline = (words) => {
    pipeline.textContent = `With the pipeline: ${words}.`;
    redraw();
  };
  const requests = new LatestRequest({
    shown: ({ text, digits: [first], confidence, made = "server" }) => {
      for (const note of document.querySelectorAll("[data-made]")) note.hidden = note.dataset.made !== made;
      const ink = first?.tile.flat() ?? Array(SIDE * SIDE).fill(0);
      pipelineResult = { tile: Float32Array.from(ink, (each) => each / 255), probs: first?.probs ?? Array(10).fill(0) };
      showPipeline(text ? `${text.replaceAll("\n", " ")}, with ${percent(confidence)}` : "no digit found");
    },
    refused: (error) => showPipeline(error.message),
    offline: (isOffline) => isOffline && showPipeline("the server is not answering; trying again"),
  });

  const px = (value) => `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(1)} px`.replace("+0.0", "0").replace("−0.0", "0");
  const control = (label, key, step, format) =>
    slider({ label, min: LIMITS[key][0], max: LIMITS[key][1], step, value: IDENTITY[key], format, change: show });
  const sliders = {
    right: control("To the right", "right", 0.1, px),
    down: control("Down", "down", 0.1, px),
    size: control("Size", "size", 0.01, rounded),
    pen: control("Pen", "pen", 0.05, rounded),
  };
  const dark = checkbox({ label: "Dark ink on light paper", checked: true, change: show });
  controls.append(...Object.values(sliders).map(({ element }) => element), dark.element);
  const set = (next) => {
    for (const [key, each] of Object.entries(sliders)) each.set(next[key]);
    dark.set(next.dark);
    show();
  };

  const canvases = [
    responsiveCanvas(digit, 1, (context, width) => paintGrey(context, resized, width)),
    responsiveCanvas(naivebars, 2.6, (context, width, height) => drawProbabilities(context, width, height, [...probs])),
    responsiveCanvas(tile, 1, (context, width) => paintGrey(context, pipelineResult.tile, width)),
    responsiveCanvas(pipelinebars, 2.6, (context, width, height) => drawProbabilities(context, width, height, [...pipelineResult.probs])),
  ];
  const redraw = () => canvases.forEach((again) => again());
  let loading = false; // while the page fills the board
  const pen = new Board(board, {
    touched: () => {
      if (number === null) return;
      number = null; // drawing replaces the test digit
      set(IDENTITY);
    },
    changed: () => !loading && pen && show(),
  });
  const take = (strokes) => {
    number = null;
    loading = true;
    pen.load(strokes);
    loading = false;
    set(IDENTITY);
  };
  another.addEventListener("click", () => {
    number = number === null ? 0 : (number + 1) % digits.labels.length;
    loading = true;
    pen.load([]);
    loading = false;
    set({ ...IDENTITY, dark: false });
  });
  own.addEventListener("click", () => {
    const drawing = savedDrawing();
    if (drawing?.strokes.length) return take(drawing.strokes);
    naive.textContent = "Nothing has been drawn on Draw yet. Draw here, or there first.";
  });
  clear.addEventListener("click", () => take([]));
  reset.addEventListener("click", () => set({ ...IDENTITY, dark: number === null }));
  normalize.addEventListener("click", () => set(number === null && !pen.isEmpty ? mnistTransform(pen.strokes) : { ...IDENTITY, dark: false }));
  take([ownDigit(), savedDrawing()?.strokes].find((strokes) => strokes?.length) ?? FOUR);
}

let opening = null; // promise of the engine, or of null if the server has to read

// Reads a canvas with the whole pipeline: in this page, or by the server if the page cannot.
async function readThroughPipeline(sheet) {
  opening ??= openEngine({ network: NETWORK }).catch((error) => {
    if (!isStatic) return null;
    opening = null; // the next drawing tries again
    throw error;
  });
  const engine = await opening;
  if (!engine) return read(await greyPng(sheet), { model: NETWORK });
  return engine.read(sheet.getContext("2d").getImageData(0, 0, SHEET, SHEET), { network: NETWORK });
}

// Paints the network's input the same way in every color scheme: 0 is black, 1 is white.
function paintGrey(context, tile, width) {
  context.fillStyle = "#000";
  context.fillRect(0, 0, width, width);
  paintTile(context, tile, { size: width, positive: "white" });
}
