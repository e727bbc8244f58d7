// Distinguish dark ink on a light background from light ink on a dark one, by the votes of several cues. Like
// `inkling.pipeline.polarity`.

import { POLARITY as CONFIG, SHARED } from "./config.js";
import { grey, lookUp, meanOf, otsuThreshold, rangeOf, transposed } from "./image/grey.js";
import { histogramOf, upperMedian } from "./image/numbers.js";

const LOG_LEVELS = Float32Array.from({ length: 256 }, (_, level) => Math.log(level + SHARED.level_offset));
const MAD_TO_SIGMA = 1.4826; // a normal distribution's standard deviation, in median absolute deviations

// Whether the small image has dark ink on a light background.
//
// Edges: going in from the border, the first sharp edge is a step from background to ink. Areas: by Otsu's threshold,
// most of the border and most of the image are background.
export function hasLightBackground(small) {
  const { low: darkest, high: lightest } = rangeOf({ data: borderPixels(small) });
  if (darkest === 255 || lightest === 0) {
    const isLight = meanOf(small) >= 128;
    if (isLight === (darkest === 255)) return isLight;
  }
  const edges = edgeCue(small);
  if (edges === 0) return meanOf(small) >= 128; // nothing is drawn: the background is light or dark
  return edges + CONFIG.area_weight * areaCue(small) >= 0;
}

// -1 (every first edge is a step to lighter pixels) .. 1 (to darker pixels); 0 if there is no sharp edge.
export function edgeCue(small) {
  const log = lookUp(small, LOG_LEVELS);
  const steps = [stepsOf(log), stepsOf(transposed(log))].filter(({ data }) => data.length);
  let sharpest = 0;
  for (const { data } of steps) for (const step of data) sharpest = Math.max(sharpest, Math.abs(step));
  const mostNoise = sharpest / (SHARED.min_signal_sigmas * MAD_TO_SIGMA);
  if (sharpest < CONFIG.min_log_step || steps.some((step) => medianDeviation(step) > mostNoise)) return 0;
  const least = Math.fround(CONFIG.sharp_edge_share * sharpest);
  let [sum, size] = [0, 0];
  const vote = (value) => {
    sum += value;
    size += Math.abs(value);
  };
  for (const { width, height, data } of steps) {
    for (let y = 0; y < height; y += 1) {
      const [start, end] = [y * width, (y + 1) * width];
      let first = start;
      while (first < end && Math.abs(data[first]) <= least) first += 1;
      if (first === end) continue;
      vote(data[first]);
      let last = end - 1;
      while (Math.abs(data[last]) <= least) last -= 1;
      vote(-data[last]);
    }
  }
  return sum / size;
}

// -1 (border and image are dark) .. 1 (they are light); the border counts double.
export function areaCue(small) {
  const threshold = otsuThreshold(histogramOf(small.data));
  const share = (values) => {
    let n = 0;
    for (const value of values) if (value > threshold) n += 1;
    return n / values.length;
  };
  return (4 * share(borderPixels(small)) + 2 * share(small.data)) / 3 - 1;
}

// -1 (the corners are dark) .. 1 (they are light): even large strokes seldom reach the corners.
export function cornerCue(small) {
  const { low, high } = rangeOf(small);
  const { width, height, data } = small;
  const corners = [0, width - 1, (height - 1) * width, height * width - 1];
  return corners.reduce((sum, i) => sum + Math.sign(data[i] - (low + high) / 2), 0) / 4;
}

// The outermost pixels, with the corners twice.
export function borderPixels({ width, height, data }) {
  const out = new Uint8Array(2 * width + 2 * height);
  out.set(data.subarray(0, width), 0);
  out.set(data.subarray((height - 1) * width), width);
  for (let y = 0; y < height; y += 1) {
    out[2 * width + y] = data[y * width];
    out[2 * width + height + y] = data[(y + 1) * width - 1];
  }
  return out;
}

// Steps over two pixels to the right: positive if the pixels get darker.
function stepsOf({ width, height, data }) {
  const out = grey(Math.max(width - 2, 0), height, new Float32Array(Math.max(width - 2, 0) * height));
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < out.width; x += 1) out.data[y * out.width + x] = data[y * width + x] - data[y * width + x + 2];
  }
  return out;
}

// The median absolute deviation of every second step in every second row from the mean of all steps.
function medianDeviation({ width, height, data }) {
  const mean = Math.fround(meanOf({ data }));
  const deviations = [];
  for (let y = 0; y < height; y += 2) {
    for (let x = 0; x < width; x += 2) deviations.push(Math.abs(Math.fround(data[y * width + x] - mean)));
  }
  return upperMedian(deviations);
}
