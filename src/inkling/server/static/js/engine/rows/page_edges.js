// Quadrilaterals whose four sides are long straight edges, lighter on the inner side, such as a sheet that no single
// threshold can separate from its desk. Like the corresponding part of `inkling.pipeline.layout.perspective`.

import { PAGE as CONFIG, SHARED } from "../config.js";
import { closed, gaussianBlur } from "../image/filters.js";
import { crop, grey, lookUp, rangeOf, withBorder } from "../image/grey.js";
import { contourArea, isConvex } from "../image/polygons.js";
import { greatest, least } from "./numbers.js";

const SIGMA = 1; // pixels: of the blur before steps are measured
const LOG_LEVELS = Float32Array.from({ length: 256 }, (_, level) => Math.log(level + SHARED.level_offset));

// A small grayscale picture -> the picture without strokes and ruled lines, which are narrower than a sheet's edge.
export function withoutStrokes(small) {
  const side = 2 * CONFIG.rim_px + 1;
  const around = withBorder(small, { top: side, bottom: side, left: side, right: side });
  return crop(closed(around, side), side, side, small.width, small.height);
}

// A picture without strokes -> arrays of four corners.
export function quadranglesOfEdges(bare) {
  const { width: w, height: h } = bare;
  const { low, high } = rangeOf(bare);
  if (Math.log((high + SHARED.level_offset) / (low + SHARED.level_offset)) < CONFIG.min_log_step) return []; // all steps are too small
  const plain = gaussianBlur(bare, SIGMA);
  const logs = lookUp(plain, LOG_LEVELS);
  // Lines y = a + slope * x: a top side is lighter below the line, and so on; vertical lines are found in the transpose.
  const sides = [];
  for (const [isUpright, sign] of [[false, 1], [false, -1], [true, 1], [true, -1]]) {
    sides.push(longEdges(stepsOf(logs, isUpright, sign), isUpright ? h : w));
    if (!sides.at(-1).length) return [];
  }
  const [tops, bottoms, lefts, ends] = sides;
  const found = [];
  for (const top of tops) for (const bottom of bottoms) for (const left of lefts) for (const end of ends) {
    const corners = [meet(top, left), meet(top, end), meet(bottom, end), meet(bottom, left)];
    const isInside = corners.every(([x, y]) => x > -0.1 * w && x < 1.1 * w && y > -0.1 * h && y < 1.1 * h);
    if (isInside && isConvex(corners) && contourArea(corners) >= CONFIG.min_area_share * w * h) found.push(corners);
  }
  return found;
}

// Steps of brightness over two pixels, downward, or to the right with x and y swapped; they start at pixel 1, 1.
function stepsOf({ width, height, data }, isUpright, sign) {
  const [w, h] = [width - 2, height - 2];
  const steps = grey(isUpright ? h : w, isUpright ? w : h, new Float32Array(Math.max(w, 0) * Math.max(h, 0)));
  const offset = isUpright ? 1 : width;
  for (let y = 0; y < h; y++) {
    for (let x = 0; x < w; x++) {
      const at = (y + 1) * width + x + 1;
      steps.data[isUpright ? x * h + y : y * w + x] = sign * Math.fround(data[at + offset] - data[at - offset]);
    }
  }
  return steps;
}

// Downward steps of brightness -> { offset, slope } of the longest nearly horizontal edges, in pixels of the picture.
//
// A Hough transform over a few angles; the edge pixels of each line are removed once it is found.
function longEdges(steps, length) {
  let points = edgePoints(steps);
  const found = [];
  const limit = Math.tan((CONFIG.max_tilt_deg * Math.PI) / 180);
  const slopes = Array.from({ length: CONFIG.tried_tilts }, (_, i) => -limit + (2 * limit * i) / (CONFIG.tried_tilts - 1));
  for (let n = 0; n < CONFIG.edges_per_side; n++) {
    if (points.length < CONFIG.min_edge_share * length) break;
    const best = slopes.map((slope) => mostOnLine(points, slope)).reduce((one, other) => (isBetter(other, one) ? other : one));
    if (best.count < CONFIG.min_edge_share * length) break;
    const isNear = ([x, y]) => Math.abs(y - best.slope * x - best.offset) < 1.5 * CONFIG.edge_width_px;
    const { offset, slope } = leastSquares(points.filter(isNear));
    found.push({ offset: offset + 1 - slope, slope }); // the steps start at pixel 1, 1
    points = points.filter((point) => !isNear(point));
  }
  return found;
}

function edgePoints({ width, height, data }) {
  const points = [];
  for (let y = 0; y < height; y++) {
    const [before, after] = [(y + height - 1) % height, (y + 1) % height];
    for (let x = 0; x < width; x++) {
      const step = data[y * width + x];
      if (step > CONFIG.min_log_step && step >= data[before * width + x] && step >= data[after * width + x]) points.push([x, y]);
    }
  }
  return points;
}

// The band of the given slope with the most points.
function mostOnLine(points, slope) {
  const offsets = points.map(([x, y]) => y - slope * x);
  const low = least(offsets);
  const counts = new Int32Array(Math.trunc((greatest(offsets) - low) / CONFIG.edge_width_px) + 1);
  for (const offset of offsets) counts[Math.trunc((offset - low) / CONFIG.edge_width_px)]++;
  const count = greatest(counts);
  const best = counts.indexOf(count);
  return { count, offset: low + (best + 0.5) * CONFIG.edge_width_px, slope };
}

const isBetter = (one, other) =>
  one.count - other.count > 0 || (one.count === other.count && (one.offset > other.offset || (one.offset === other.offset && one.slope > other.slope)));

function leastSquares(points) {
  const n = points.length;
  const [meanX, meanY] = [0, 1].map((k) => points.reduce((sum, point) => sum + point[k], 0) / n);
  let [xx, xy] = [0, 0];
  for (const [x, y] of points) {
    xx += (x - meanX) ** 2;
    xy += (x - meanX) * (y - meanY);
  }
  const slope = xy / xx;
  return { offset: meanY - slope * meanX, slope };
}

// The intersection of y = a + b * x and x = c + d * y.
function meet({ offset: a, slope: b }, { offset: c, slope: d }) {
  const y = (a + b * c) / (1 - b * d);
  return [c + d * y, y];
}
