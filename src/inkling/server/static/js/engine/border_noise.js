// Remove border noise: objects that reach in from the image's border, such as a finger, a pen, a torn edge or a scroll
// bar. Like `inkling.pipeline.border_noise`. Only components that cannot be digits are removed, and, except for ruled
// lines, only if there are whole digits too.

import { BORDER_NOISE as CONFIG, SHARED } from "./config.js";
import { connectedComponents, FIELDS, maskOfLabel } from "./image/components.js";
import { distanceToEdge } from "./image/distance.js";
import { dilate } from "./image/filters.js";
import { above, crop, grey } from "./image/grey.js";
import { median, roundEven } from "./image/numbers.js";
import { minAreaRect } from "./image/polygons.js";

// Ink -> the same ink with border noise set to 0.
export function removeBorderNoise(ink) {
  const { width, height } = ink;
  const margin = Math.max(1, roundEven(CONFIG.margin_share * Math.max(width, height)));
  if (!hasInkAtBorder(ink, margin)) return ink;
  const mask = above(ink, SHARED.ink_threshold);
  const { count, labels, stats } = connectedComponents(mask);
  if (count < 2 || count > CONFIG.max_components) return ink;
  const components = Array.from({ length: count }, (_, i) => {
    const [x, y, w, h, area] = stats.subarray(FIELDS * i, FIELDS * (i + 1));
    return { i, box: [x, y, w, h], area, gaps: [x, y, width - x - w, height - y - h] };
  }).slice(1);
  const rules = components.filter((one) => isRule(one, width));
  const others = components.filter((one) => !rules.includes(one));
  const noise = [...rules, ...findNoise(mask, labels, components, others, margin)];
  if (!noise.length) return ink;
  const result = grey(width, height, ink.data.slice());
  for (const one of noise) erase(result, labels, one);
  return result;
}

function hasInkAtBorder({ width, height, data }, margin) {
  const least = Math.fround(SHARED.ink_threshold);
  for (let y = 0; y < height; y += 1) {
    const isBand = y < margin || y >= height - margin;
    for (let x = 0; x < width; x += 1) {
      if (!isBand && x === margin && width > 2 * margin) x = width - margin;
      if (data[y * width + x] > least) return true;
    }
  }
  return false;
}

// Whether a component is a line from the left border to the right one, as on ruled paper.
function isRule({ box: [x, , w, h], area }, width) {
  return x <= 0 && w >= width && area <= CONFIG.max_rule_thickness * w * width && h <= CONFIG.max_rule_slope * w;
}

// The components near the border that are not digits; none if there are no whole digits to compare with.
function findNoise(mask, labels, components, others, margin) {
  const gapOf = ({ gaps }) => Math.min(...gaps);
  const shorter = Math.min(mask.width, mask.height);
  const leastHeight = Math.max(CONFIG.min_digit_height_px, CONFIG.min_digit_height_share * shorter);
  const inner = components.filter((one) => gapOf(one) > margin && one.box[3] >= leastHeight);
  if (!inner.length) return [];
  const heights = inner.map(({ box }) => box[3]);
  const tallest = heights.reduce((most, h) => Math.max(most, h), 0);
  const height = median(heights.filter((h) => h >= CONFIG.min_relative_height * tallest));
  const whole = inner.filter(({ box }) => box[3] >= CONFIG.min_relative_height * height);
  const digits = whole.map(({ box }) => box);
  const distance = distanceToEdge(mask);
  const radiusOf = (one) => largestRadius(distance, labels, one);
  const thickest = whole.reduce((most, one) => Math.max(most, radiusOf(one)), 0);
  const isNoise = (one) => {
    if (isScrollBar(one, digits, height)) return true;
    if (gapOf(one) > 0) return isFragment(one.box, digits, CONFIG.max_fragment_share * height);
    const longer = Math.max(one.box[2], one.box[3]);
    return (
      radiusOf(one) > Math.max(CONFIG.max_thickness_ratio * thickest, CONFIG.max_disc_share * longer) ||
      isPen(one.box, maskOfLabel(crop(labels, ...one.box), one.i), digits, height) ||
      isFragment(one.box, digits, CONFIG.max_border_fragment_share * height)
    );
  };
  return others.filter((one) => gapOf(one) <= margin && isNoise(one));
}

// The radius in pixels of the largest disc within a component.
function largestRadius(distance, labels, { i, box: [x, y, w, h] }) {
  let most = 0;
  for (let row = y; row < y + h; row += 1) {
    for (let k = row * labels.width + x; k < row * labels.width + x + w; k += 1) {
      if (labels.data[k] === i && distance.data[k] > most) most = distance.data[k];
    }
  }
  return most;
}

// Whether a component is a pen, a ruler or the edge of a table: a straight bar that is not a 1 of this row. It slants
// more than a digit, or it is away from the digits and not level with them.
function isPen(box, component, digits, height) {
  const points = pixelsOf(component);
  const { size: [w, h], angle } = minAreaRect(points);
  const [long, short] = [Math.max(w, h) + 1, Math.min(w, h) + 1];
  if (long < SHARED.bar_aspect_ratio * short) return false;
  if (points.length < CONFIG.min_bar_rectangularity * long * short) return false;
  const fromUpright = (h >= w ? angle : angle + 90) % 180;
  if (Math.min(fromUpright, 180 - fromUpright) > CONFIG.max_digit_slant_deg) return true;
  return !isInRow(box, digits) && distanceTo(box, digits) >= CONFIG.min_bar_gap_share * height;
}

function pixelsOf({ width, data }) {
  const points = [];
  data.forEach((value, i) => value && points.push([i % width, Math.floor(i / width)]));
  return points;
}

// Whether a component is shorter than `mostHeight` and entirely above or below the digits.
function isFragment([, y, , h], digits, mostHeight) {
  const top = digits.reduce((least, box) => Math.min(least, box[1]), Infinity);
  const bottom = digits.reduce((most, box) => Math.max(most, box[1] + box[3]), 0);
  return h < mostHeight && (y + h <= top || y >= bottom);
}

// Whether a component is a straight bar along a border, well apart from the digits.
function isScrollBar({ box, area, gaps }, digits, height) {
  const [, , w, h] = box;
  const nearest = Math.min(...gaps);
  const isAlong = gaps.some((gap, side) => {
    const [along, across] = side % 2 === 0 ? [h, w] : [w, h];
    return gap === nearest && along >= SHARED.bar_aspect_ratio * across;
  });
  if (area < CONFIG.min_scroll_bar_extent * w * h || !isAlong) return false;
  if (nearest <= 0 && isInRow(box, digits)) return false; // a 1 cut off by the border
  return distanceTo(box, digits) >= CONFIG.min_bar_gap_share * height;
}

// Whether a component is in the same row as the digits.
function isInRow([, y, , h], digits) {
  const [top, bottom] = [median(digits.map((box) => box[1])), median(digits.map((box) => box[1] + box[3]))];
  return Math.min(y + h, bottom) - Math.max(y, top) >= CONFIG.min_row_overlap * Math.max(h, bottom - top);
}

// The distance in pixels from a box to the nearest of the others, along the axis with the larger gap.
function distanceTo([x, y, w, h], others) {
  return others.reduce((least, [left, top, width, high]) => {
    const [dx, dy] = [Math.max(left - (x + w), x - (left + width)), Math.max(top - (y + h), y - (top + high))];
    return Math.min(least, Math.max(dx, dy));
  }, Infinity);
}

// Sets a component and its soft edge to background; other components stay unchanged.
function erase(ink, labels, { i, box: [x, y, w, h] }) {
  const margin = CONFIG.erase_margin_px;
  const [left, top] = [Math.max(x - margin, 0), Math.max(y - margin, 0)];
  const part = crop(labels, left, top, x + w + margin - left, y + h + margin - top);
  const own = dilate(maskOfLabel(part, i), 2 * margin + 1);
  part.data.forEach((n, k) => {
    const at = (top + Math.floor(k / part.width)) * ink.width + left + (k % part.width);
    if (own.data[k] && (n === i || n === 0)) ink.data[at] = 0;
  });
}
