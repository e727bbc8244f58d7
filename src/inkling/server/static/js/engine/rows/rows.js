// Rows of free writing: groups of components of ink, each row leveled separately. Like `inkling.pipeline.layout.rows`.

import { LAYOUT, ROWS as CONFIG } from "../config.js";
import { median, valueOfRank } from "../image/numbers.js";
import { groupLines, slopeOfLines } from "../line_grouping.js";
import { union } from "./geometry.js";
import { greatest, least } from "./numbers.js";

const { fround } = Math;

// The boxes of components in a picture of the given height -> indices by row, without dirt: rows from top to bottom,
// then low rows.
export function groupRows(boxes, heightPx) {
  if (!boxes.length) return [];
  const heights = boxes.map(([, , , h]) => h);
  const largest = valueOfRank(heights, heights.length - 1 - Math.floor(heights.length / 50));
  const tall = tallest(heights, largest);
  const height = median(tall.map((i) => heights[i]));
  const isTall = new Set(tall);
  let rows = [[...tall].sort((a, b) => boxes[a][0] - boxes[b][0])];
  if (heightPx >= CONFIG.two_rows_height * height) {
    const own = tall.map((i) => boxes[i]);
    rows = joined(groupLines(own).map((row) => row.map((i) => tall[i])), boxes, slopeOfLines(own));
  }
  // Low rows are commas below a row, which are added to it, or a separate remark, which stays a row.
  const isLow = (row) => greatest(row.map((i) => heights[i])) < CONFIG.low_row_share * height;
  const low = rows.filter(isLow);
  rows = rows.filter((row) => !isLow(row));
  const small = [...boxes.keys()].filter((i) => !isTall.has(i));
  const taken = withSmall(rows, [...small, ...low.flat()], boxes, height);
  return [...rows, ...low.map((row) => row.filter((i) => !taken.has(i))).filter((row) => row.length)];
}

// Adds small components (signs and parts of digits) to the nearest row; returns those that found a row.
function withSmall(rows, small, boxes, height) {
  const spans = rows.map((row) => spanOf(row.map((i) => boxes[i])));
  const taken = new Set();
  for (const i of small) {
    const [x, y, w, h] = boxes[i];
    const size = Math.max(h, Math.min(w, 3 * h)); // a dash of any length is not a digit
    if (size < CONFIG.speck_share * height) continue;
    let [best, distance] = [null, CONFIG.level_reach * height];
    spans.forEach(([left, top, right, bottom], k) => {
      const beside = Math.max(left - (x + w), x - right, 0);
      const middle = y + h / 2;
      const off = Math.max(top - middle, middle - bottom, 0);
      if (beside <= CONFIG.reach * Math.max(height, bottom - top) && off <= distance) [best, distance] = [k, off];
    });
    if (best === null) continue;
    rows[best].push(i);
    taken.add(i);
  }
  return taken;
}

// The components that are about as tall as the largest; if there are too many, the tallest of them.
function tallest(heights, largest) {
  const tall = [...heights.keys()].filter((i) => heights[i] >= CONFIG.tall_share * largest);
  const most = Math.floor(LAYOUT.max_components / 4);
  return tall.length > most ? tall.sort((a, b) => heights[b] - heights[a]).slice(0, most) : tall;
}

// Merges rows that are side by side, because the line of an open comb may form a row that separates the digits.
function joined(rows, boxes, tilt) {
  const found = [];
  for (const row of rows) {
    const place = placeOf(row.map((i) => boxes[i]), tilt);
    const other = found.find((one) => isBeside(place, one.place, tilt));
    if (!other) {
      found.push({ row: [...row], place });
      continue;
    }
    other.row.push(...row);
    other.place = placeOf(other.row.map((i) => boxes[i]), tilt);
  }
  return found.map(({ row }) => row);
}

// The position of a row: its band (the leveled medians of the tops and bottoms of its components) and its box.
function placeOf(boxes, tilt) {
  const level = boxes.map(([x, y, w]) => y - tilt * (x + w / 2));
  return { band: [median(level), median(level.map((y, i) => y + boxes[i][3]))], box: union(boxes) };
}

// Whether two rows are at the same level.
function isBeside(row, other, tilt) {
  const [[upper, base], [top, bottom]] = [row.band, other.band];
  if (Math.min(bottom, base) - Math.max(top, upper) > CONFIG.min_common * Math.min(bottom - top, base - upper)) return true;
  const [[x, y, w, h], [left, above, width, height]] = [row.box, other.box];
  if (Math.min(above + height, y + h) - Math.max(above, y) <= CONFIG.min_common_box * Math.min(height, h)) return false;
  const gap = Math.max(left - (x + w), x - (left + width));
  return Math.abs(tilt) < CONFIG.max_level_slope || (gap >= 0 && gap < CONFIG.max_row_gap * Math.max(h, height));
}

// Left, top, right and bottom of a row; top and bottom are medians.
function spanOf(boxes) {
  return [
    least(boxes.map(([x]) => x)),
    median(boxes.map(([, y]) => y)),
    greatest(boxes.map(([x, , w]) => x + w)),
    median(boxes.map(([, y, , h]) => y + h)),
  ];
}

// A row's ink, points [x, y] -> its slope, pixels down per pixel to the right; 0 if the ink is not wide enough or
// leveling hardly lowers its height.
export function rowTilt(points) {
  const [x, y] = [0, 1].map((k) => Float32Array.from(points, (point) => point[k]));
  const [width, height] = [x, y].map((values) => greatest(values) - least(values) + 1);
  if (width < CONFIG.min_level_aspect * height) return 0;
  const limit = Math.tan((CONFIG.max_tilt_deg * Math.PI) / 180);
  const step = Math.tan((CONFIG.tilt_step_deg * Math.PI) / 180);
  const slopes = [];
  for (let i = 0; i < Math.ceil((2 * limit + step) / step); i++) slopes.push(fround(-limit + i * step));
  const heights = slopes.map((slope) => heightAt(x, y, slope));
  const best = least(heights);
  const level = heightAt(x, y, 0);
  if (best >= (1 - CONFIG.min_tilt_gain) * level) return 0;
  const near = slopes.filter((_, i) => heights[i] < best + 0.02 * level);
  return fround(near.reduce((sum, slope) => fround(sum + slope), 0) / near.length);
}

// The height of most of a row's ink, leveled by a slope.
function heightAt(x, y, slope) {
  const offsets = y.map((value, i) => value - fround(slope * x[i]));
  const [low, high] = CONFIG.height_quantiles.map((share) => valueOfRank(offsets, Math.trunc(share * (y.length - 1))));
  return fround(high - low);
}
