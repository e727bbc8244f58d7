// Maps of numbers, by default 28 x 28, as small pictures. A canvas has one pixel per number, or MARK x MARK pixels in a
// map with marks; CSS enlarges it without smoothing.

import { colours, shade } from "./colours.js";

const MARK = 7; // pixels: the side of a cell of a map with marks
const SOFT = 0.7; // exponent that makes small numbers visible beside large ones

// Draws values from 0 to `high` as ink on paper. `soft` makes faint ink visible.
export function drawInk(canvas, values, { width = 28, high = 1, soft = false } = {}) {
  const { ink } = colours().shades;
  const power = soft ? SOFT : 1;
  paint(canvas, width, values.length / width, (i) => shade(ink, (values[i] / high) ** power));
}

// Draws values above 0 in blue and those below in ochre, with full color at `peak`. With `marks`, cells well below 0
// have a bar, a minus sign that does not depend on color.
export function drawSigned(canvas, values, { width = 28, peak = peakOf(values), marks = false } = {}) {
  const { blue, ochre } = colours().shades;
  const colour = (i) => shade(values[i] < 0 ? ochre : blue, (Math.abs(values[i]) / peak) ** SOFT);
  const height = values.length / width;
  if (!marks) {
    paint(canvas, width, height, colour);
    return;
  }
  const context = paint(canvas, width, height, colour, MARK);
  context.fillStyle = colours().paper;
  for (let i = 0; i < values.length; i++) {
    if (values[i] > -0.18 * peak) continue;
    context.fillRect((i % width) * MARK + 2, Math.floor(i / width) * MARK + 3, 3, 1);
  }
}

export function peakOf(values) {
  let peak = 1e-9;
  for (let i = 0; i < values.length; i++) peak = Math.max(peak, Math.abs(values[i]));
  return peak;
}

const surfaces = new WeakMap(); // canvas -> its drawing surface, reused for each frame

function surfaceOf(canvas, width, height) {
  const known = surfaces.get(canvas);
  if (known?.image.width === width && known.image.height === height) return known;
  Object.assign(canvas, { width, height });
  const context = canvas.getContext("2d");
  const image = context.createImageData(width, height);
  const surface = { context, image, pixels: new Uint32Array(image.data.buffer) };
  surfaces.set(canvas, surface);
  return surface;
}

// Paints each number as a square with sides of `cell` pixels. Returns the context.
function paint(canvas, width, height, colour, cell = 1) {
  const { context, image, pixels } = surfaceOf(canvas, width * cell, height * cell);
  const line = width * cell;
  for (let y = 0, i = 0; y < height; y++) {
    const start = y * cell * line;
    for (let x = 0, at = start; x < width; x++, i++) {
      const packed = colour(i);
      for (let n = 0; n < cell; n++) pixels[at++] = packed;
    }
    for (let row = 1; row < cell; row++) pixels.copyWithin(start + row * line, start, start + line);
  }
  context.putImageData(image, 0, 0);
  return context;
}

// The index of the number that the pointer is over; -1 outside the map.
export function cellUnder(event, canvas, width = 28, height = 28) {
  const frame = canvas.getBoundingClientRect();
  const x = Math.floor(((event.clientX - frame.left) / frame.width) * width);
  const y = Math.floor(((event.clientY - frame.top) / frame.height) * height);
  return x >= 0 && y >= 0 && x < width && y < height ? y * width + x : -1;
}

// Places the `cursor` element over a number of a map; -1 hides it. `size`: the side of the cursor, in cells.
export function pointAt(cursor, cell, { width = 28, height = 28, size = 1 } = {}) {
  cursor.hidden = cell < 0;
  if (cell < 0) return;
  Object.assign(cursor.style, {
    left: `${(100 * (cell % width)) / width}%`,
    top: `${(100 * Math.floor(cell / width)) / height}%`,
    width: `${(100 * size) / width}%`,
    height: `${(100 * size) / height}%`,
  });
}

// Places the `cursor` element over a rectangle of a map, in cells, clipped to the map.
export function frameOn(cursor, { left, top, right, bottom }, { width = 28, height = 28 } = {}) {
  const clip = (n, most) => Math.min(most, Math.max(0, n));
  const [x0, x1, y0, y1] = [clip(left, width), clip(right, width), clip(top, height), clip(bottom, height)];
  const part = (n, of) => `${(100 * n) / of}%`;
  cursor.hidden = false;
  Object.assign(cursor.style, { left: part(x0, width), top: part(y0, height), width: part(x1 - x0, width), height: part(y1 - y0, height) });
}
