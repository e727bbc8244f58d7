// Binarize with one threshold if the background is one even level; the strokes may be bold. Like
// `inkling.pipeline.global_threshold`.

import { GLOBAL_THRESHOLD as CONFIG, POLARITY, SHARED } from "./config.js";
import { distanceToEdge } from "./image/distance.js";
import { grey, lookUp, otsuThreshold, rangeOf } from "./image/grey.js";
import { clamp, histogramOf, searchSorted } from "./image/numbers.js";
import { areaCue, cornerCue, edgeCue } from "./polarity.js";

// A grayscale image and its small version -> ink, 0..1; null if the background is not even or there is no ink.
// `requireSharp`: strokes must have sharp edges.
export function binarizeGlobally(image, small, { requireSharp = false } = {}) {
  const histogram = histogramOf(image.data);
  const threshold = otsuThreshold(histogram);
  const [dark, light] = [histogram.subarray(0, threshold + 1), histogram.subarray(threshold + 1)];
  if (!dark.some(Boolean) || !light.some(Boolean)) return null;
  const cues = edgeCue(small) + POLARITY.area_weight * areaCue(small) + POLARITY.corner_weight * cornerCue(small);
  const lightBackground = cues >= 0;
  // The soft edges of strokes are between the two levels, so on each side only the quarter of the pixels farthest from
  // the threshold counts.
  const { typical_quantile: typical, extreme_quantile: extreme } = CONFIG;
  const [darkest, darkLevel] = levelsAt(dark, [extreme, 1 - typical]);
  const [lightLevel, lightest] = levelsAt(light, [typical, 1 - extreme]).map((level) => threshold + 1 + level);
  const [background, farthest, body] = lightBackground
    ? [lightLevel, lightest, darkLevel]
    : [darkLevel, darkest, lightLevel];
  const depth = Math.abs(background - body);
  const unevenness = Math.abs(farthest - background);
  if (depth < CONFIG.min_depth_levels || unevenness > CONFIG.max_unevenness * depth) return null;
  const shareOf = (level) => (background - level) / (background - body); // 0 = background, 1 = body of the strokes
  const [low, high] = SHARED.edge_band;
  let [edges, bodies] = [0, 0];
  histogram.forEach((count, level) => {
    const share = shareOf(level);
    if (share > low && share < high) edges += count;
    if (share >= high) bodies += count;
  });
  if (requireSharp && edges > CONFIG.max_edge_to_body * bodies) return null;
  if (Math.max(image.width, image.height) > CONFIG.icon_side_px) {
    const ink = small.data.map((level) => (level <= threshold === lightBackground ? 1 : 0));
    const widest = 2 * rangeOf(distanceToEdge(grey(small.width, small.height, ink))).high;
    if (widest > CONFIG.max_stroke_share * Math.max(small.width, small.height)) return null;
  }
  const floor = clamp((CONFIG.floor_to_unevenness * unevenness) / depth, ...SHARED.noise_floor_range);
  const table = Float32Array.from({ length: 256 }, (_, level) => clamp((shareOf(level) - floor) / (1 - floor), 0, 1));
  return lookUp(image, table);
}

// The levels at some quantiles of a histogram.
function levelsAt(histogram, quantiles) {
  const total = histogram.reduce((sum, count) => sum + count, 0);
  let sum = 0;
  const share = Float32Array.from(histogram, (count) => (sum += count) / total);
  return quantiles.map((q) => Math.min(searchSorted(share, q), histogram.length - 1));
}
