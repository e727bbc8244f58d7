// Group boxes into lines of writing, top to bottom, each from left to right. Like `inkling.pipeline.line_grouping`.
//
// Lines may slant: their slope is the median step from a box to its nearest neighbor on the right, and boxes are
// compared as if the slope were 0.

import { LINE_GROUPING as CONFIG } from "./config.js";
import { clamp, median } from "./image/numbers.js";

// Boxes x, y, w, h -> indices by line. From left to right, each box joins the line whose last box is beside it.
export function groupLines(boxes) {
  const slope = slopeOfLines(boxes);
  const middles = boxes.map(([x, , w]) => x + w / 2);
  const tops = boxes.map(([, y], i) => y - slope * middles[i]); // as if the lines were level
  const heights = boxes.map(([, , , h]) => h);
  const lines = [];
  for (const i of [...boxes.keys()].sort((a, b) => middles[a] - middles[b])) {
    let [best, most] = [null, CONFIG.min_overlap];
    for (const line of lines) {
      const last = line.at(-1);
      const common = Math.min(tops[i] + heights[i], tops[last] + heights[last]) - Math.max(tops[i], tops[last]);
      const overlap = common / Math.min(heights[i], heights[last]);
      if (overlap > most) [best, most] = [line, overlap];
    }
    if (best) best.push(i);
    else lines.push([i]);
  }
  const level = (line) => median(line.map((i) => tops[i] + heights[i] / 2));
  return lines
    .map((line) => ({ line, level: level(line) }))
    .sort((a, b) => a.level - b.level)
    .map(({ line }) => line);
}

// The slope of lines of boxes, in pixels down per pixel to the right; 0 if too few boxes are side by side.
export function slopeOfLines(boxes) {
  const [nearestGap, farthestGap] = CONFIG.neighbor_gap_range;
  const centers = boxes.map(([x, y, w, h]) => ({ x: x + w / 2, y: y + h / 2, h }));
  const steps = [];
  for (const one of centers) {
    let [step, nearest] = [null, Infinity];
    for (const other of centers) {
      const [right, down] = [other.x - one.x, other.y - one.y];
      const taller = Math.max(one.h, other.h);
      const isNear =
        right > nearestGap * taller &&
        right < farthestGap * taller &&
        Math.abs(down) < CONFIG.max_slope * right + CONFIG.slope_tolerance * taller &&
        Math.min(one.h, other.h) > CONFIG.min_height_ratio * taller;
      const distance = right + 2 * Math.abs(down);
      if (isNear && distance < nearest) [step, nearest] = [down / right, distance];
    }
    if (step !== null) steps.push(step);
  }
  if (steps.length < CONFIG.min_neighbors) return 0;
  return clamp(median(steps), -CONFIG.max_slope, CONFIG.max_slope);
}
