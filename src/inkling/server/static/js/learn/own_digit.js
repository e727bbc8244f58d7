// The reader's own digit, drawn on a small board, and its 784 numbers.

import { Board } from "../common/board.js";
import { savedDrawing } from "../common/drawing.js";
import { forward, loadNetwork } from "../common/dense_network.js";
import { KeyboardPen } from "../common/keyboard_pen.js";
import { percent } from "../draw/page_text.js";
import { normalizedTile } from "./drawing_transform.js";
import { keepOwnDigit, ownDigit } from "./own_strokes.js";
import { argmax, paintTile, partsOf, responsiveCanvas, SIDE } from "./widgets.js";
import { writePixelValues } from "./pixel_inspector.js";

const NETWORK = "ann";

export async function begin(section) {
  const { board, hint, nib, tile, status, spoken, clear, own, send } = partsOf(section);
  const network = await loadNetwork(NETWORK);
  let pixels = new Float32Array(SIDE * SIDE); // 0 paper to 1 ink
  const drawTile = responsiveCanvas(tile, 1, (context, width) => {
    paintTile(context, pixels, { size: width });
    writePixelValues(context, width / SIDE, pixels.map((ink) => Math.round(255 * ink)));
  });
  const show = () => {
    pixels = pen.isEmpty ? pixels.fill(0) : normalizedTile(pen.strokes);
    drawTile();
    clear.disabled = send.disabled = pen.isEmpty;
    hint.hidden = !pen.isEmpty;
    status.setAttribute("aria-live", pen.isDrawing ? "off" : "polite");
    status.textContent = pen.isEmpty ? "Draw a digit on the board." : describe(pixels, forward(network, pixels).probs);
    if (pen.isDrawing) return;
    keepOwnDigit(pen.strokes);
    if (!pen.isEmpty) inspector().dispatchEvent(new CustomEvent("take", { detail: pixels }));
  };
  const pen = new Board(board, { touched: () => undefined, changed: () => pen && show() });
  new KeyboardPen(pen, { nib, say: (text) => (spoken.textContent = text) });
  clear.addEventListener("click", () => pen.clear());
  own.hidden = !savedDrawing()?.strokes.length;
  own.addEventListener("click", () => pen.load(savedDrawing().strokes));
  send.addEventListener("click", () => {
    inspector().scrollIntoView({ block: "start" });
    inspector().querySelector('[data-part="digit"]').focus({ preventScroll: true });
  });
  const strokes = ownDigit();
  if (strokes.length) pen.load(strokes);
  else show();
}

const inspector = () => document.querySelector('[data-piece="pixel_inspector"]');

function describe(pixels, probs) {
  const empty = pixels.filter((ink) => Math.round(255 * ink) === 0).length;
  const best = argmax(probs);
  return `Your digit in 784 numbers: ${empty} are 0, ${pixels.length - empty} are not. The network ann reads ${best}, with ${percent(probs[best])}.`;
}
