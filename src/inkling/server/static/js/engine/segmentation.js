// Find the digits: ink -> one box per digit, in reading order. Like `inkling.pipeline.segmentation`, which gives the
// reasons.
//
// A segmentation is { lines, labels, corner, count }: `lines` of glyphs { box, components }, top to bottom, each left to
// right; `labels`, an image of the numbers of `count` connected components, which starts at `corner` of the ink.

import { clutterFree, shadowFree } from "./clutter.js";
import { SEGMENTATION as CONFIG, SHARED } from "./config.js";
import { connectedComponents, FIELDS, LEFT, TOP } from "./image/components.js";
import { above, boundingRect, crop } from "./image/grey.js";
import { median } from "./image/numbers.js";
import { groupLines } from "./line_grouping.js";

// Ink, floats 0..1 -> its digits. `single` treats all ink that is neither a speck nor a frame as one digit.
export function segment(ink, { single = false } = {}) {
  const mask = above(ink, SHARED.ink_threshold);
  const inkBox = boundingRect(mask);
  if (inkBox[2] === 0) return { lines: [], labels: crop(mask, 0, 0, 0, 0), corner: [0, 0], count: 0 };
  const [x0, y0, x1, y1] = paddedCorners(inkBox);
  const { count, labels, stats } = connectedComponents(crop(mask, x0, y0, x1 - x0, y1 - y0));
  const found = { labels, corner: [x0, y0], count: count - 1 };
  if (count === 2) return { ...found, lines: [[{ box: inkBox, components: [1] }]] };
  for (let i = 0; i < count; i += 1) {
    stats[FIELDS * i + LEFT] += x0;
    stats[FIELDS * i + TOP] += y0;
  }
  const components = Array.from({ length: count - 1 }, (_, i) => componentOf(stats, i + 1));
  const kept = shadowFree(clutterFree(components, found, ink), found, ink);
  const boxes = kept.map(({ box }) => box);
  const groups = single ? [kept.map((_, i) => i)] : withoutPunctuation(boxes, mergedParts(boxes));
  const glyphs = groups.map((group) => ({
    box: boundingBox(group.map((i) => boxes[i])),
    components: group.map((i) => kept[i].number),
  }));
  const lines = groupLines(glyphs.map(({ box }) => box)).map((line) => line.map((i) => glyphs[i]));
  return { ...found, lines };
}

// Every glyph in reading order.
export const glyphsOf = ({ lines }) => lines.flat();

// A box -> x0, y0, x1, y1 of a part one pixel larger on each side, for the soft edge of the outermost strokes. It may
// extend beyond the right and lower borders.
export function paddedCorners([x, y, w, h]) {
  return [Math.max(x - 1, 0), Math.max(y - 1, 0), x + w + 1, y + h + 1];
}

// The median height in pixels of the tall boxes.
export function referenceHeight(boxes) {
  const heights = boxes.map((box) => box[3]);
  const tallest = heights.reduce((most, h) => Math.max(most, h), 0);
  return median(heights.filter((h) => h >= CONFIG.tall_share * tallest));
}

// The box around all boxes.
export function boundingBox(boxes) {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [x, y, w, h] of boxes) {
    [left, top] = [Math.min(left, x), Math.min(top, y)];
    [right, bottom] = [Math.max(right, x + w), Math.max(bottom, y + h)];
  }
  return [left, top, right - left, bottom - top];
}

function componentOf(stats, number) {
  const [x, y, w, h, area] = stats.subarray(FIELDS * number, FIELDS * (number + 1));
  return { number, box: [x, y, w, h], area };
}

// Boxes of components -> groups of indices, one group per digit.
function mergedParts(boxes) {
  const reference = referenceHeight(boxes);
  const maxGap = CONFIG.max_gap * reference;
  // A small stroke close to the upper part of a tall one: the top of a 5 that was written last.
  const isSmall = ([, , w, h]) =>
    h < CONFIG.max_part_size * reference && Math.max(w, h) >= 2 * CONFIG.max_speck_size * reference;
  const small = boxes.map(isSmall);
  const isLinked = (i, k) => {
    const [[x, y, w, h], [left, top, width, height]] = [boxes[i], boxes[k]];
    const yGap = gap(y, h, top, height);
    if (yGap > 2 * maxGap) return false;
    const overlap = Math.max(Math.min(x + w, left + width) - Math.max(x, left), 0);
    const stackedHeight = Math.max(y + h, top + height) - Math.min(y, top);
    const isStacked =
      overlap >= CONFIG.min_stacked_overlap * Math.min(w, width) &&
      (stackedHeight <= CONFIG.max_stacked_height * reference || yGap <= maxGap / 2);
    if (isStacked) return true;
    const isUpper = y + h / 2 < top + CONFIG.upper_part_share * height;
    return small[i] && !small[k] && isUpper && gap(x, w, left, width) <= maxGap && yGap <= maxGap;
  };
  return linkedGroups(boxes.length, isLinked);
}

const gap = (start, length, otherStart, otherLength) =>
  Math.max(Math.max(start, otherStart) - Math.min(start + length, otherStart + otherLength), 0);

// The connected groups of n linked indices (union-find).
function linkedGroups(n, isLinked) {
  const parent = Array.from({ length: n }, (_, i) => i);
  const root = (i) => {
    let at = i;
    while (parent[at] !== at) at = parent[at] = parent[parent[at]];
    return at;
  };
  for (let i = 0; i < n; i += 1) {
    for (let k = 0; k < n; k += 1) if (i !== k && isLinked(i, k)) parent[root(i)] = root(k);
  }
  const groups = new Map();
  for (let i = 0; i < n; i += 1) {
    if (!groups.has(root(i))) groups.set(root(i), []);
    groups.get(root(i)).push(i);
  }
  return [...groups.values()];
}

// Drops points, commas and dashes: groups that are small or flat compared with the digits.
function withoutPunctuation(boxes, groups) {
  const around = groups.map((group) => boundingBox(group.map((i) => boxes[i])));
  const reference = referenceHeight(around);
  return groups.filter((_, i) => {
    const [, , w, h] = around[i];
    const isSmall = h < CONFIG.max_part_size * reference && w < CONFIG.max_part_size * reference;
    return !isSmall && h >= CONFIG.max_dash_height * reference;
  });
}
