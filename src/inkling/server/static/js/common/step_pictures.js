// Draws the steps of a reading made in this page: {name, title, caption, picture, size} each, as the server's
// POST /api/v1/filmstrip returns them. Like the server's pictures, they are light in any color scheme.

import { percent } from "./how_sure.js";

const SIDE = 640; // pixels: the longer side of a picture
const [PAPER, INK, BLUE, OCHRE, QUIET] = ["#fffdf9", "#17233c", "#1d4f91", "#8a5200", "#565a64"];
const FONT = "system-ui, sans-serif";
const ROW_SCALE = 8; // pixels for each pixel of a row's image
const CELL = 32; // pixels: the height of a symbol in the map of columns
const NAMES_WIDTH = 104; // pixels: room for the symbols' names
const MAX_ROWS = 3; // most rows whose images, columns and texts are drawn

// Steps for separate digits: the image, its ink, and each digit in it. `reading`: an answer with `steps`.
export function glyphSteps({ steps: { image, ink }, digits, others, size }) {
  const boxes = [...digits.map(({ box }, i) => [box, digits.length > 1 ? `#${i + 1}` : "", true]), ...others.map(({ box }) => [box, "not a digit", false])];
  return [
    picture("image", "Image", greyCanvas(image)),
    picture("ink", "Binarization", inkCanvas(ink)),
    picture("glyphs", "Segmentation", withBoxes(inkCanvas(ink), boxes, size)),
  ];
}

// Steps for rows that were read as a whole. For the reading's `rows`, see engine/rows/alignment.js.
export function rowSteps({ steps: { image }, rows, size }) {
  const shown = rows.filter(({ symbols }) => symbols.length > 0).slice(0, MAX_ROWS);
  const around = rows.filter(({ symbols }) => symbols.length > 0).map(({ symbols }) => [boundingBox(symbols.map(({ box }) => box)), "", true]);
  const symbols = rows.flatMap((row) => row.symbols.map(({ name, box }) => [box, name, name !== "mark"]));
  const found = [
    picture("image", "Image", greyCanvas(image), `${size[0]} x ${size[1]} pixels, rotated upright and converted to gray.`),
    picture("layout", "The rows", withBoxes(greyCanvas(image), around, size), "The position of each row of symbols."),
  ];
  if (shown.length === 0) return found;
  return [
    ...found,
    picture("rows", "What the network sees", stacked(shown.map(({ image: row }) => rowCanvas(row))), "Each row is cut out, straightened and scaled to a height of 32 pixels. The line network reads these gray levels, not single digits."),
    picture("columns", "The probability of each symbol", stacked(shown.map(columnsCanvas)), "For every 4 pixels of the row, the network outputs the probability of each symbol; none means no new symbol. The frames show the positions of the text's symbols."),
    picture("symbols", "The symbols in the picture", withBoxes(greyCanvas(image), symbols, size), "A box around the ink of each symbol of the text."),
    picture("texts", "The most probable digits", stacked(shown.map(textsCanvas)), "Many ways to fill the columns give the same digits; their probabilities are added."),
  ];
}

function picture(name, title, canvas, caption = "") {
  return { name, title, caption, picture: canvas.toDataURL(), size: [canvas.width, canvas.height] };
}

function canvasOf(width, height) {
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const context = canvas.getContext("2d");
  context.fillStyle = PAPER;
  context.fillRect(0, 0, width, height);
  return { canvas, context };
}

// Levels, 255 = white.
function greyCanvas({ width, height, data }) {
  return fitted(width, height, (pixels) => data.forEach((level, i) => pixels.set([level, level, level, 255], 4 * i)));
}

// Floats, 1 = ink.
function inkCanvas({ width, height, data }) {
  return fitted(width, height, (pixels) => data.forEach((ink, i) => pixels.set([23, 35, 60, 255 * Math.min(1, ink)], 4 * i)));
}

// A picture of `width` x `height` pixels that `fill` writes, scaled so that its longer side is SIDE.
function fitted(width, height, fill) {
  const own = Object.assign(document.createElement("canvas"), { width, height });
  const image = new ImageData(width, height);
  fill(image.data);
  own.getContext("2d").putImageData(image, 0, 0);
  const scale = SIDE / Math.max(width, height);
  const { canvas, context } = canvasOf(Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale)));
  context.imageSmoothingQuality = "high";
  context.drawImage(own, 0, 0, canvas.width, canvas.height);
  return canvas;
}

// `boxes`: [box in pixels of a picture of `size`, label, whether it is a digit or sign].
function withBoxes(canvas, boxes, size) {
  const context = canvas.getContext("2d");
  const scale = canvas.width / size[0];
  context.lineWidth = 3;
  context.font = `600 20px ${FONT}`;
  for (const [[x, y, w, h], label, isRead] of boxes) {
    context.strokeStyle = context.fillStyle = isRead ? BLUE : OCHRE;
    context.strokeRect(x * scale, y * scale, w * scale, h * scale);
    context.fillText(label, x * scale, Math.max(18, y * scale - 6));
  }
  return canvas;
}

function boundingBox(boxes) {
  const [left, top] = [0, 1].map((axis) => Math.min(...boxes.map((box) => box[axis])));
  const [right, bottom] = [0, 1].map((axis) => Math.max(...boxes.map((box) => box[axis] + box[axis + 2])));
  return [left, top, right - left, bottom - top];
}

function rowCanvas({ width, height, data }) {
  const { canvas, context } = canvasOf(width * ROW_SCALE, height * ROW_SCALE);
  context.fillStyle = INK;
  data.forEach((ink, i) => {
    if (ink === 0) return;
    context.globalAlpha = ink / 255;
    context.fillRect((i % width) * ROW_SCALE, Math.floor(i / width) * ROW_SCALE, ROW_SCALE, ROW_SCALE);
  });
  return canvas;
}

// The row, and below it a line for each symbol of its text and one for no symbol: the darker a column, the more
// probable the symbol there.
function columnsCanvas({ image, classes, columns, column_px: step, symbols }) {
  const names = [...new Set(symbols.map(({ name }) => name)), ""];
  const [width, top] = [image.width * ROW_SCALE, image.height * ROW_SCALE + 8];
  const { canvas, context } = canvasOf(width + NAMES_WIDTH, top + names.length * CELL);
  context.drawImage(rowCanvas(image), NAMES_WIDTH, 0);
  const n = columns.length / classes.length;
  context.font = `26px ${FONT}`;
  context.textBaseline = "middle";
  names.forEach((name, line) => {
    const y = top + line * CELL;
    context.fillStyle = QUIET;
    context.globalAlpha = 1;
    context.fillText(name || "none", 12, y + CELL / 2);
    context.fillStyle = name ? BLUE : QUIET;
    for (let t = 0; t < n; t++) {
      context.globalAlpha = columns[t * classes.length + classes.indexOf(name)] ** 0.5;
      context.fillRect(NAMES_WIDTH + t * step * ROW_SCALE + 1, y + 1, step * ROW_SCALE - 2, CELL - 2);
    }
  });
  context.globalAlpha = 1;
  context.strokeStyle = OCHRE;
  context.lineWidth = 4;
  for (const { columns: [first, end] } of symbols) context.strokeRect(NAMES_WIDTH + first * step * ROW_SCALE, 1, (end - first) * step * ROW_SCALE, canvas.height - 2); // prettier-ignore
  return canvas;
}

function textsCanvas({ texts }) {
  const [width, line] = [560, 52];
  const { canvas, context } = canvasOf(width, line * texts.length);
  context.textBaseline = "middle";
  texts.forEach(({ text, prob }, i) => {
    const y = (i + 0.5) * line;
    context.fillStyle = BLUE;
    context.globalAlpha = 0.25;
    context.fillRect(0, y - 20, width * prob, 40);
    context.globalAlpha = 1;
    context.fillStyle = INK;
    context.font = `600 30px ${FONT}`;
    context.fillText(text || "nothing", 12, y);
    context.font = `24px ${FONT}`;
    context.textAlign = "right";
    context.fillText(percent(prob), width - 10, y);
    context.textAlign = "left";
  });
  return canvas;
}

function stacked(canvases) {
  const gap = 12;
  const { canvas, context } = canvasOf(Math.max(...canvases.map(({ width }) => width)), canvases.reduce((sum, { height }) => sum + height + gap, -gap)); // prettier-ignore
  let y = 0;
  for (const one of canvases) {
    context.drawImage(one, 0, y);
    y += one.height + gap;
  }
  return canvas;
}
