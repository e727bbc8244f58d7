// Ruled lines: long straight lines tilted by up to about 16 degrees, and the tilt of the writing on them.
//
// The upper edges of a horizontal line are in one row of pixels. So the picture is sheared by each angle, and the row
// with the most upper edges gives the length of a straight line (a Hough transform over a few angles). Like
// `inkling.pipeline.layout.rules`.

import { RULES as CONFIG } from "../config.js";
import { dilate } from "../image/filters.js";
import { countNonZero, grey } from "../image/grey.js";
import { roundEven } from "../image/numbers.js";
import { findComponents, maskOf } from "./components.js";
import { closedAlongRows, openedAlongRows } from "./runs.js";

const MAX_POINTS = 12_000; // edge pixels that are enough to determine an angle

// The slope (pixels down per pixel to the right) of the long straight lines of a mask; null if none has the length
// `minLength` in pixels.
export function tiltOfLines(mask, minLength) {
  const { x, y, step } = upperEdges(mask);
  if (!y.length) return null;
  const limit = Math.tan((CONFIG.max_tilt_deg * Math.PI) / 180);
  let spacing = limit / 12;
  let slopes = evenly(-limit, limit, 25);
  // From coarse to fine: at the end, a line deviates by less than a pixel over the whole width.
  for (;;) {
    const band = Math.max(1, (spacing * mask.width) / 2); // pixels that a line spreads over at this spacing
    const scores = slopes.map((slope) => mostInBand(x, y, slope, band));
    const longest = Math.max(...scores);
    const best = slopes[scores.indexOf(longest)];
    if (spacing * mask.width < 1) return longest * step >= minLength ? best : null;
    slopes = evenly(-1, 1, 9).map((share) => best + spacing * share);
    spacing /= 4;
  }
}

// A leveled mask -> { lines, boxes }: a mask of its horizontal lines of at least `minLength` pixels, null if there are
// none, and their boxes.
export function findRules(mask, minLength) {
  const { width: w } = mask;
  const gap = Math.max(CONFIG.min_gap_px, roundEven(CONFIG.gap_share * w)) | 1;
  const kernel = Math.max(CONFIG.min_kernel_px, roundEven(CONFIG.kernel_share * w));
  const thick = dilate(mask, 1, 3); // for lines that are horizontal to within a pixel or two
  const components = findComponents(openedAlongRows(closedAlongRows(thick, gap), kernel));
  const isRule = Uint8Array.from(components.boxes, ([, , width], i) =>
    Number(i > 0 && width >= minLength && components.areas[i] <= Math.max(CONFIG.max_rule_thickness * width, 5) * width),
  );
  if (!isRule.includes(1)) return { lines: null, boxes: [] };
  return { lines: maskOf(components, isRule), boxes: components.boxes.filter((_, i) => isRule[i]) };
}

// The mask without the lines; strokes that cross a line stay whole.
//
// A stroke continues above and below the line, so pixels between ink on both sides are kept.
export function withoutLines(mask, lines) {
  const { width, height } = mask;
  const rest = grey(width, height, mask.data.map((value, i) => value & ~lines.data[i]));
  const depth = Math.trunc(thickness(lines)) + 2;
  const wide = dilate(rest, 2 * depth + 1, 1);
  const seen = new Int32Array(width).fill(-4 * depth); // the last row of each column that had ink within reach
  const isAbove = new Uint8Array(mask.data.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0, at = y * width; x < width; x++, at++) {
      if (wide.data[at]) seen[x] = y;
      isAbove[at] = Number(y - seen[x] <= 2 * depth);
    }
  }
  seen.fill(height + 4 * depth);
  for (let y = height - 1; y >= 0; y--) {
    for (let x = 0, at = y * width; x < width; x++, at++) {
      if (wide.data[at]) seen[x] = y;
      if (mask.data[at] && lines.data[at] && isAbove[at] && seen[x] - y <= 2 * depth) rest.data[at] = 1;
    }
  }
  return rest;
}

// The pixels of a mask without ink above them. If there are too many, whole columns are skipped, so that rows keep their
// shares; one in `step` columns is kept.
function upperEdges({ width, height, data }) {
  const [x, y] = [[], []];
  for (let at = 0; at < data.length; at++) {
    if (!data[at] || (at >= width && data[at - width])) continue;
    x.push(at % width);
    y.push(Math.floor(at / width));
  }
  const step = Math.ceil(y.length / MAX_POINTS);
  if (step <= 1) return { x, y, step };
  const kept = x.map((value) => value % step === 0);
  return { x: x.filter((_, i) => kept[i]), y: y.filter((_, i) => kept[i]), step };
}

// The largest number of points in two adjacent bands of offsets from a line.
function mostInBand(x, y, slope, band) {
  const offsets = new Float64Array(x.length);
  let [low, high] = [Infinity, -Infinity];
  for (let i = 0; i < x.length; i++) {
    const offset = y[i] - slope * x[i];
    offsets[i] = offset;
    if (offset < low) low = offset;
    if (offset > high) high = offset;
  }
  const counts = new Int32Array(Math.trunc((high - low) / band) + 1);
  for (let i = 0; i < offsets.length; i++) counts[Math.trunc((offsets[i] - low) / band)]++;
  if (counts.length === 1) return counts[0];
  let most = 0;
  for (let i = 1; i < counts.length; i++) most = Math.max(most, counts[i - 1] + counts[i]);
  return most;
}

// The mean thickness of lines: their pixels divided by their upper edge pixels.
function thickness(lines) {
  const { width, data } = lines;
  let tops = 0;
  for (let at = 0; at < data.length; at++) if (data[at] && !(at >= width && data[at - width])) tops++;
  return countNonZero(lines) / Math.max(tops, 1);
}

const evenly = (start, end, n) => Array.from({ length: n }, (_, i) => start + (i * (end - start)) / (n - 1));
