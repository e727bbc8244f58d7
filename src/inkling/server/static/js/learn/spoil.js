// Your own drawing, or a test digit, before the tutorial network: squeezed into 28x28 as it is, and behind the road.

import { Board } from "../common/board.js";
import { read } from "../common/client.js";
import { loadDigits } from "../common/digits.js";
import { kept } from "../common/drawing.js";
import { Live } from "../common/live.js";
import { forward, loadNetwork } from "../common/network.js";
import { greyPng } from "../common/png.js";
import { percent } from "../draw/words.js";
import { asDrawn, FOUR, likeMnist, putStrokes, putTile, SHEET, tileFrom } from "./habits.js";
import { bestOf, drawn, drawShares, paintTile, partsOf, percent as rounded, SIDE, slider, tick, tileOf } from "./parts.js";

const NETWORK = "ann-tutorial";
const MOST = { size: [0.2, 2], pen: [0.2, 4], right: [-12, 12], down: [-12, 12] };

export async function begin(section) {
  const { board, clear, knobs, another, own, reset, cure, digit, naive, naivebars, tile, cured, curedbars } = partsOf(section);
  const [digits, network] = await Promise.all([loadDigits(), loadNetwork(NETWORK)]);
  const sheet = Object.assign(document.createElement("canvas"), { width: SHEET, height: SHEET });
  let number = null; // of the test digit that is shown; null for a drawing
  let tiny = new Float32Array(SIDE * SIDE); // what the network is given as it is
  let probs = new Float64Array(10);
  let behind = { tile: new Float32Array(SIDE * SIDE), probs: new Float64Array(10) };

  const habits = () => ({ ...Object.fromEntries(Object.keys(sliders).map((key) => [key, sliders[key].value])), dark: dark.checked });
  const show = () => {
    const empty = number === null && pen.isEmpty;
    if (number === null) putStrokes(sheet, pen.strokes, habits());
    else putTile(sheet, tileOf(digits, number), habits());
    tiny = tileFrom(sheet);
    probs = forward(network, tiny).probs;
    const best = bestOf(probs);
    naive.textContent = empty ? "Draw a digit on the board." : `Squeezed into 28 × 28: ${best}, with ${percent(probs[best])}.`;
    clear.disabled = empty;
    redraw();
    live.ask({ run: async () => read(await greyPng(sheet), { model: NETWORK }) });
  };
  const tell = (words) => {
    cured.textContent = `Behind the road: ${words}.`;
    redraw();
  };
  const live = new Live({
    shown: ({ text, digits: [first], confidence }) => {
      const ink = first?.tile.flat() ?? Array(SIDE * SIDE).fill(0);
      behind = { tile: Float32Array.from(ink, (each) => each / 255), probs: first?.probs ?? Array(10).fill(0) };
      tell(text ? `${text.replaceAll("\n", " ")}, with ${percent(confidence)}` : "no digit found");
    },
    refused: (error) => tell(error.message),
    away: (isAway) => isAway && tell("the server does not answer just now; trying again"),
  });

  const px = (value) => `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(1)} px`.replace("+0.0", "0").replace("−0.0", "0");
  const knob = (label, key, step, say) =>
    slider({ label, min: MOST[key][0], max: MOST[key][1], step, value: asDrawn[key], say, change: show });
  const sliders = {
    right: knob("To the right", "right", 0.1, px),
    down: knob("Down", "down", 0.1, px),
    size: knob("Size", "size", 0.01, rounded),
    pen: knob("Pen", "pen", 0.05, rounded),
  };
  const dark = tick({ label: "Dark ink on light paper", checked: true, change: show });
  knobs.append(...Object.values(sliders).map(({ element }) => element), dark.element);
  const set = (next) => {
    for (const [key, { set: turn }] of Object.entries(sliders)) turn(next[key]);
    dark.set(next.dark);
    show();
  };

  const canvases = [
    drawn(digit, 1, (context, width) => paintGrey(context, tiny, width)),
    drawn(naivebars, 2.6, (context, width, height) => drawShares(context, width, height, [...probs])),
    drawn(tile, 1, (context, width) => paintGrey(context, behind.tile, width)),
    drawn(curedbars, 2.6, (context, width, height) => drawShares(context, width, height, [...behind.probs])),
  ];
  const redraw = () => canvases.forEach((again) => again());
  let loading = false; // while the board is filled by the page and not by a hand
  const pen = new Board(board, {
    touched: () => {
      if (number === null) return;
      number = null; // a hand at the board ends the test digit
      set(asDrawn);
    },
    changed: () => !loading && pen && show(),
  });
  const take = (strokes) => {
    number = null;
    loading = true;
    pen.load(strokes);
    loading = false;
    set(asDrawn);
  };
  another.addEventListener("click", () => {
    number = number === null ? 0 : (number + 1) % digits.labels.length;
    loading = true;
    pen.load([]);
    loading = false;
    set({ ...asDrawn, dark: false });
  });
  own.addEventListener("click", () => {
    const drawing = kept();
    if (drawing?.strokes.length) return take(drawing.strokes);
    naive.textContent = "Nothing was drawn on the page Draw yet. Draw here, or there first.";
  });
  clear.addEventListener("click", () => take([]));
  reset.addEventListener("click", () => set({ ...asDrawn, dark: number === null }));
  cure.addEventListener("click", () => set(number === null && !pen.isEmpty ? likeMnist(pen.strokes) : { ...asDrawn, dark: false }));
  take(kept()?.strokes.length ? kept().strokes : FOUR);
}

// 784 numbers as the network is given them: 0 black, 1 white, whatever the colours of the page.
function paintGrey(context, tile, width) {
  context.fillStyle = "#000";
  context.fillRect(0, 0, width, width);
  paintTile(context, tile, { size: width, positive: "white" });
}
