// Renders a drawing or an MNIST digit with a given position, size, pen width and polarity.

import { drawStroke } from "../common/strokes.js";
import { SIDE } from "./widgets.js";

const FINE = 10; // canvas pixels for each pixel of the tile
export const SHEET = SIDE * FINE;
const [LONG, PEN] = [20, 2.6]; // pixels of the tile: the longer side of MNIST's digits, and their stroke width

export const IDENTITY = { right: 0, down: 0, size: 1, pen: 1, dark: true };

// A handwritten 4: strokes of {x, y, width}, see common/strokes.js.
export const FOUR = [
  [[-0.02, -0.3], [-0.06, -0.2], [-0.12, -0.08], [-0.2, 0.06], [-0.18, 0.08], [-0.02, 0.07], [0.2, 0.05]],
  [[0.1, -0.12], [0.09, 0.06], [0.07, 0.18], [0.06, 0.32]],
].map((stroke) => stroke.map(([x, y]) => ({ x, y, width: 0.046 })));

// Draws strokes, transformed.
export function putStrokes(sheet, strokes, { right, down, size, pen, dark }) {
  const context = blank(sheet, dark);
  context.strokeStyle = dark ? "#000" : "#fff";
  const place = { scale: SHEET * size, x: SHEET / 2 + right * FINE, y: SHEET / 2 + down * FINE };
  for (const stroke of strokes) drawStroke(context, stroke.map((point) => ({ ...point, width: point.width * pen })), place);
}

// Draws a tile, transformed. It is drawn several times to widen its strokes; they cannot be thinned.
export function putTile(sheet, tile, { right, down, size, pen, dark }) {
  const context = blank(sheet, dark);
  const small = new OffscreenCanvas(SIDE, SIDE);
  const image = new ImageData(SIDE, SIDE);
  const shade = dark ? 0 : 255;
  tile.forEach((ink, i) => image.data.set([shade, shade, shade, 255 * ink], 4 * i));
  small.getContext("2d").putImageData(image, 0, 0);
  const side = SHEET * size;
  const grow = Math.max(0, pen - 1) * FINE;
  const [x, y] = [SHEET / 2 - side / 2 + right * FINE, SHEET / 2 - side / 2 + down * FINE];
  context.imageSmoothingEnabled = true;
  for (let turn = 0; turn < (grow ? 12 : 1); turn++) {
    const angle = (turn / 12) * 2 * Math.PI;
    context.drawImage(small, x + grow * Math.cos(angle), y + grow * Math.sin(angle), side, side);
  }
}

function blank(sheet, dark) {
  const context = sheet.getContext("2d", { willReadFrequently: true });
  context.fillStyle = dark ? "#fff" : "#000";
  context.fillRect(0, 0, SHEET, SHEET);
  return context;
}

// The transform that normalizes strokes as in MNIST: size, center of mass, pen width, light on dark.
export function mnistTransform(strokes) {
  const points = strokes.flat();
  const [xs, ys] = [points.map(({ x }) => x), points.map(({ y }) => y)];
  const span = Math.max(Math.max(...xs) - Math.min(...xs), Math.max(...ys) - Math.min(...ys));
  const width = points.reduce((sum, point) => sum + point.width, 0) / points.length;
  const size = (LONG - PEN) / SIDE / Math.max(span, 0.05);
  const pen = PEN / SIDE / size / width;
  // The center of mass of the ink, not of the points: draw the ink once in the middle and average the pixels.
  const sheet = Object.assign(document.createElement("canvas"), { width: SHEET, height: SHEET });
  const middle = [(Math.max(...xs) + Math.min(...xs)) / 2, (Math.max(...ys) + Math.min(...ys)) / 2];
  const [right, down] = middle.map((at) => -at * size * SIDE);
  putStrokes(sheet, strokes, { right, down, size, pen, dark: false });
  let [mass, x, y] = [0, 0, 0];
  tileFrom(sheet).forEach((ink, i) => {
    mass += ink;
    x += ink * ((i % SIDE) + 0.5);
    y += ink * (Math.floor(i / SIDE) + 0.5);
  });
  const [offX, offY] = mass ? [x / mass - SIDE / 2, y / mass - SIDE / 2] : [0, 0];
  return { right: right - offX, down: down - offY, size, pen, dark: false };
}

// The canvas resized to 784 values, as in tutorials: the mean of each square of pixels, 0..1, where light is 1.
export function tileFrom(sheet) {
  const { data } = sheet.getContext("2d", { willReadFrequently: true }).getImageData(0, 0, SHEET, SHEET);
  const tile = new Float32Array(SIDE * SIDE);
  for (let y = 0; y < SHEET; y++) {
    for (let x = 0; x < SHEET; x++) {
      tile[Math.floor(y / FINE) * SIDE + Math.floor(x / FINE)] += data[4 * (y * SHEET + x)] / 255 / FINE ** 2;
    }
  }
  return tile;
}

// Strokes normalized as in MNIST: 784 values, 0 paper to 1 ink.
export function normalizedTile(strokes) {
  const sheet = Object.assign(document.createElement("canvas"), { width: SHEET, height: SHEET });
  putStrokes(sheet, strokes, mnistTransform(strokes));
  return tileFrom(sheet);
}
