// The work picture of a page on a desk: straightened, or with the desk replaced by the page's brightness.

import { LAYOUT } from "../config.js";
import { blur, erode } from "../image/filters.js";
import { grey } from "../image/grey.js";
import { clamp, median, roundEven } from "../image/numbers.js";
import { fillConvex } from "../image/polygons.js";
import { inverseOf, mappedPoints, multiplied, warpPerspective } from "../image/warp.js";
import { scaling } from "./geometry.js";

// A page whose four sides are in the downscaled picture -> [the page, the matrix to it, a mask of its surroundings].
export function levelled(reduced, toWork, page, scale) {
  const [width, height] = [page.width, page.height].map((side) => Math.max(8, roundEven(side * scale)));
  const toPage = multiplied(scaling(width / page.width, height / page.height), page.toPage);
  const between = multiplied(toPage, inverseOf(toWork));
  const ones = grey(reduced.width, reduced.height, new Uint8Array(reduced.data.length).fill(1));
  const outside = warpPerspective(ones, between, width, height); // a corner may be outside the picture
  const rim = Math.max(2, roundEven(LAYOUT.rim_share * Math.max(width, height)));
  outside.data.forEach((isInside, at) => {
    const [x, y] = [at % width, Math.floor(at / width)];
    const isRim = x < rim || y < rim || x >= width - rim || y >= height - rim;
    outside.data[at] = isRim ? 1 : 1 - isInside;
  });
  return [warpPerspective(reduced, between, width, height, { replicate: true }), toPage, outside];
}

// A page that is cut off -> [the picture with the page's brightness in place of the desk, a mask of the desk].
export function surrounded(reduced, toWork, page) {
  const corners = mappedPoints(page.corners, toWork).map((corner) => corner.map((at) => roundEven(Math.fround(at))));
  const inside = fillConvex(grey(reduced.width, reduced.height), corners, 1);
  const rim = Math.max(2, roundEven(LAYOUT.rim_share * Math.max(reduced.width, reduced.height)));
  const core = erode(inside, 2 * rim + 1);
  const outside = grey(reduced.width, reduced.height, core.data.map((value) => 1 - value));
  const around = continued(reduced, inside);
  const shown = grey(reduced.width, reduced.height, reduced.data.map((level, i) => (inside.data[i] ? level : around[i])));
  return [shown, outside];
}

// The page's brightness near its edge, extended beyond the page.
function continued(image, inside) {
  const { width, height } = image;
  const side = Math.max(3, roundEven(LAYOUT.continued_share * Math.max(width, height)));
  const levels = blur(grey(width, height, image.data.map((level, i) => level * inside.data[i])), side, side, { replicate: true });
  const weights = blur(grey(width, height, inside.data.map((value) => value * 255)), side, side, { replicate: true });
  const usual = Math.fround(median(image.data.filter((_, i) => inside.data[i])));
  return levels.data.map((level, i) => {
    const weight = weights.data[i];
    return Math.trunc(clamp(weight > LAYOUT.min_known ? (255 * level) / weight : usual, 0, 255));
  });
}
