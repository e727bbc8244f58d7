// Find a sheet of paper on a desk, and how to straighten it. Like `inkling.pipeline.layout.perspective`.
//
// A sheet is a light region with four sides, lighter than the pixels just outside its edge. If all four sides are in the
// picture, the sheet's perspective is corrected, even if a corner is outside; if a side is cut off, only the sheet's
// surroundings are known.

import { PAGE as CONFIG } from "../config.js";
import { outerContours } from "../image/contours.js";
import { gaussianBlur, opened } from "../image/filters.js";
import { above, otsuThreshold, rangeOf } from "../image/grey.js";
import { clamp, histogramOf, median, quantile, roundEven } from "../image/numbers.js";
import { closedLength, contourArea, convexHull, simplified } from "../image/polygons.js";
import { resizeArea } from "../image/resize.js";
import { IDENTITY, perspectiveBetween } from "../image/warp.js";
import { fitLine } from "./fit_line.js";
import { least } from "./numbers.js";
import { quadranglesOfEdges, withoutStrokes } from "./page_edges.js";

const OPENING = 5; // pixels of the small picture: narrower light regions are not part of a sheet

// A grayscale picture -> the sheet in it, { corners, isWhole, toPage, width, height }; null if there is no sheet or
// nothing around it.
//
// `corners`: [x, y], clockwise from the top left; `isWhole`: most of each side is in the picture; `toPage`: pixels of
// the picture -> pixels of the straightened sheet, which is `width` x `height`.
export function findPage(image) {
  if (Math.min(image.width, image.height) < CONFIG.min_picture_side_px) return null;
  const factor = CONFIG.side_px / Math.max(image.width, image.height);
  const [w, h] = [image.width, image.height].map((side) => Math.max(1, roundEven(side * factor)));
  const small = gaussianBlur(resizeArea(image, w, h), 0, 3);
  const quadrangle = findQuadrangle(small);
  if (!quadrangle) return null;
  const exact = quadrangle.map(([x, y]) => [(x + 0.5) * (image.width / w) - 0.5, (y + 0.5) * (image.height / h) - 0.5]);
  const corners = exact.map((corner) => corner.map(Math.fround));
  if (surrounds(small, quadrangle).length < 4) {
    return { corners, isWhole: false, toPage: IDENTITY, width: image.width, height: image.height };
  }
  const [top, right, bottom, left] = sidesOf(exact).map(({ length }) => length);
  const [width, height] = [roundEven(Math.max(top, bottom)), roundEven(Math.max(left, right))];
  const target = [[0, 0], [width, 0], [width, height], [0, height]].map((corner) => corner.map((at) => at - 0.5));
  return { corners, isWhole: true, toPage: perspectiveBetween(corners, target), width, height };
}

// The corners of the sheet in a small picture, clockwise from the top left.
//
// In most light, one threshold separates sheet and desk; if a hard shadow falls across both, the sheet's edges do.
function findQuadrangle(small) {
  const bare = withoutStrokes(small);
  // There is no sheet if nothing at the picture's border is as dark as what surrounds one.
  if (least(borderLevels(bare)) > CONFIG.max_surround * rangeOf(bare).high) return null;
  const desk = median(borderLevels(small));
  const lightest = quantile(everyThird(small), 0.95);
  const steps = CONFIG.threshold_shares.map((share) => desk + share * (lightest - desk));
  const lightestOfAll = rangeOf(small).high;
  for (const threshold of [otsuThreshold(histogramOf(small.data)), ...steps]) {
    if (threshold >= lightestOfAll) continue; // no pixel is above the threshold
    const light = above(small, threshold);
    const found = isOneAround(light) ? null : quadrangleOf(light);
    if (found && standsOut(small, found)) return found;
  }
  return quadranglesOfEdges(bare)
    .filter((corners) => standsOut(small, corners))
    .reduce((best, corners) => (best && contourArea(best) >= contourArea(corners) ? best : corners), null);
}

// Whether a mask is 1 in a band along the whole border of the picture; its largest region then spans the picture.
function isOneAround({ width, height, data }) {
  for (let y = 0; y < height; y++) {
    const isBand = y < OPENING || y >= height - OPENING;
    for (let x = 0; x < width; x++) {
      if (!isBand && x === OPENING && width > 2 * OPENING) x = width - OPENING;
      if (!data[y * width + x]) return false;
    }
  }
  return true;
}

function borderLevels({ width, height, data }) {
  const column = (x) => Array.from({ length: height }, (_, y) => data[y * width + x]);
  return [...data.subarray(0, width), ...data.subarray((height - 1) * width), ...column(0), ...column(width - 1)];
}

function everyThird({ width, height, data }) {
  const levels = [];
  for (let y = 0; y < height; y += 3) for (let x = 0; x < width; x += 3) levels.push(data[y * width + x]);
  return levels;
}

// The corners of a mask's largest region if it is a large enough quadrilateral.
function quadrangleOf(light) {
  // Writing at the sheet's edge must not split the sheet, and light objects must not join it.
  const contours = outerContours(opened(light, OPENING), { simple: false }).map(({ points }) => points);
  if (!contours.length) return null;
  const largest = contours.reduce((best, points) => (contourArea(points) > contourArea(best) ? points : best));
  const hull = convexHull(largest);
  const area = contourArea(hull);
  if (area < CONFIG.min_area_share * light.data.length) return null;
  const length = closedLength(hull);
  let corners = hull;
  for (let i = 0; i < 18 && (i === 0 || corners.length > 4); i++) corners = simplified(hull, (0.01 + 0.005 * i) * length);
  if (corners.length !== 4 || contourArea(corners) < CONFIG.min_quadrangle_share * area) return null;
  return clockwise(refined(corners, largest, length));
}

// Corners at the intersections of lines fitted to each side's outline, so that a finger on a corner does not move them.
function refined(corners, outline, length) {
  const lines = [];
  for (const { start, direction, length: size } of sidesOf(corners)) {
    const near = outline.filter(([x, y]) => {
      const [dx, dy] = [x - start[0], y - start[1]];
      const along = dx * direction[0] + dy * direction[1];
      const off = Math.abs(dy * direction[0] - dx * direction[1]);
      return along > 0.1 * size && along < 0.9 * size && off < Math.max(2.5, 0.015 * length);
    });
    if (near.length < 5) return corners;
    const [vx, vy, x, y] = fitLine(near);
    lines.push([vy, -vx, Math.fround(Math.fround(vy * x) - Math.fround(vx * y))]);
  }
  const found = [];
  for (const [i, [d, e, f]] of lines.entries()) {
    const [a, b, c] = lines.at(i - 1);
    const determinant = a * e - b * d;
    if (Math.abs(determinant) < 0.3) return corners; // neighboring sides are nearly parallel
    found.push([(c * e - b * f) / determinant, (a * f - c * d) / determinant]);
  }
  const moved = Math.max(...found.flatMap(([x, y], i) => [Math.abs(x - corners[i][0]), Math.abs(y - corners[i][1])]));
  return moved > 0.05 * length ? corners : found;
}

// Corners clockwise from the top left: the side whose middle is highest is the top.
function clockwise(corners) {
  const [first, second] = sidesOf(corners).map(({ direction }) => direction);
  const ordered = first[0] * second[1] < first[1] * second[0] ? corners.toReversed() : corners;
  const heights = ordered.map(([, y], i) => y + ordered[(i + 1) % 4][1]);
  const top = heights.indexOf(Math.min(...heights));
  return [...ordered.slice(top), ...ordered.slice(0, top)];
}

// Whether there is an edge along the sides: the sheet is lighter just inside than just outside.
//
// A shadow has such an edge on one or two sides, a sheet on three or four.
function standsOut(small, corners) {
  const ratios = surrounds(small, corners);
  return ratios.length >= CONFIG.min_sides && Math.max(...ratios) <= CONFIG.max_surround;
}

// The ratio of brightness just outside to just inside each side of a quadrilateral, without sides outside the picture.
//
// The lighter of two distances outside counts, because beyond a frame's line the paper is light again.
function surrounds({ width, height, data }, corners) {
  const points = Array.from({ length: 40 }, (_, i) => 0.08 + (i * 0.84) / 39); // of a side
  const ratios = [];
  for (const { start, direction: [dx, dy], length } of sidesOf(corners)) {
    const own = [];
    let seen = 0;
    for (const share of points) {
      const [within, beyond, far] = [-1, 1, CONFIG.far_rims].map((rims) => {
        const x = roundEven(start[0] + dx * length * share + dy * CONFIG.rim_px * rims);
        const y = roundEven(start[1] + dy * length * share - dx * CONFIG.rim_px * rims);
        const isSeen = x >= 0 && x < width && y >= 0 && y < height;
        return { isSeen, level: data[clamp(y, 0, height - 1) * width + clamp(x, 0, width - 1)] };
      });
      if (!within.isSeen || !beyond.isSeen) continue;
      seen++;
      own.push(Math.max(beyond.level, far.level) / Math.max(within.level, 1));
    }
    if (seen >= CONFIG.min_seen_share * points.length) ratios.push(median(own));
  }
  return ratios;
}

// The sides of a polygon: { start, direction, length }.
function sidesOf(corners) {
  return corners.map((start, i) => {
    const end = corners[(i + 1) % corners.length];
    const length = Math.hypot(end[0] - start[0], end[1] - start[1]);
    return { start, direction: [(end[0] - start[0]) / length, (end[1] - start[1]) / length], length };
  });
}
