// Convert color to grayscale: luma, or the mixture of channels that shows the ink if luma hides it. Like
// `inkling.pipeline.grayscale`. A color picture is { width, height, data }, four bytes per pixel.

import { GRAYSCALE as CONFIG, SHARED } from "./config.js";
import { grey, rangeOf } from "./image/grey.js";
import { clamp, roundEven, valueOfRank } from "./image/numbers.js";
import { resizeArea } from "./image/resize.js";

const LUMA = [0.299, 0.587, 0.114]; // weights of R, G, B (ITU-R BT.601)
const SWEEPS = 12; // of Jacobi's method: more than a 3 x 3 matrix needs

// Grayscale with Pillow's weights for the colors.
export const luma = (picture) => weighted(picture, [19595, 38470, 7471], 16);

// The weighted sum of the channels; the weights sum to 2 to the power of `bits`.
function weighted({ width, height, data }, [red, green, blue], bits) {
  const out = grey(width, height);
  const half = 1 << (bits - 1);
  for (let i = 0, k = 0; i < out.data.length; i += 1, k += 4) {
    out.data[i] = (data[k] * red + data[k + 1] * green + data[k + 2] * blue + half) >> bits;
  }
  return out;
}

// An opaque picture -> a grayscale image in which ink stands out, in either polarity.
export function toGrayscale(picture) {
  const brightness = luma(picture);
  if (showsInk(brightness)) return brightness;
  const axis = principalEdgeAxis(picture);
  if (axis) return projected(picture, axis);
  return weighted(picture, [4899, 9617, 1868], 14); // OpenCV's weights
}

// Whether luma alone has edges as strong as those of a typical pen.
function showsInk({ width, height, data }) {
  const block = Math.ceil(Math.max(width, height) / CONFIG.luma_sample_side_px);
  const { columns, rows } = sampledPlaces(width, height, block);
  const n = columns.length;
  const sample = new Uint8Array(rows.length * n);
  for (const [y, row] of rows.entries()) for (let x = 0; x < n; x += 1) sample[y * n + x] = data[row * width + columns[x]];
  const least = Math.ceil(CONFIG.min_luma_edge * (rangeOf({ data: sample }).high + SHARED.level_offset));
  let strong = 0;
  for (let i = 0; i < sample.length; i += 1) {
    if (i % n > 0 && Math.abs(sample[i] - sample[i - 1]) >= least) strong += 1;
    if (i >= n && Math.abs(sample[i] - sample[i - n]) >= least) strong += 1;
  }
  return strong > (1 - CONFIG.strongest_quantile) * 2 * sample.length;
}

// The columns and rows of one pixel per block, near its middle.
function sampledPlaces(width, height, block) {
  const along = (side) => {
    const places = [];
    for (let i = Math.min(block >> 1, (side - 1) >> 1); i < side; i += block) places.push(i);
    return places;
  };
  return { columns: along(width), rows: along(height) };
}

// The weights of R, G, B along which colors change most at sharp edges; null if there are no colors or no such edges,
// or if luma is as good.
function principalEdgeAxis(picture) {
  const { width, height } = picture;
  const block = Math.max(1, Math.floor(Math.max(width, height) / CONFIG.edge_side_px));
  if (!hasColours(picture, block)) return null;
  const [w, h] = [width, height].map((side) => Math.max(1, Math.floor(side / block)));
  const steps = stepsOf([0, 1, 2].map((channel) => resizeArea(channelOf(picture, channel), w, h)));
  const sizes = Float32Array.from(steps, (step) => Math.max(...step.map(Math.abs)));
  const strongest = lowQuantile(sizes, CONFIG.strongest_quantile);
  const least = Math.max(CONFIG.min_step_levels, CONFIG.min_step_to_median * lowQuantile(sizes, 0.5));
  if (strongest < least) return null;
  const edges = steps.filter((_, i) => sizes[i] > CONFIG.edge_step_share * strongest);
  const direction = principalAxis(edges);
  const total = direction.reduce((sum, weight) => sum + Math.abs(weight), 0);
  const axis = direction.map((weight) => weight / total);
  const gain = medianStep(edges, axis) / Math.max(medianStep(edges, LUMA), 1e-6);
  const noiseGain = medianStep(steps, axis) / medianStep(steps, LUMA);
  return gain >= CONFIG.min_contrast_gain && gain >= CONFIG.min_snr_gain * noiseGain ? axis : null;
}

function hasColours({ width, height, data }, block) {
  const { columns, rows } = sampledPlaces(width, height, block);
  return rows.some((y) => columns.some((x) => {
    const at = 4 * (y * width + x);
    const [r, g, b] = [data[at], data[at + 1], data[at + 2]];
    return Math.max(r, g, b) - Math.min(r, g, b) >= CONFIG.min_channel_spread;
  }));
}

function channelOf({ width, height, data }, channel) {
  const out = grey(width, height);
  for (let i = 0; i < out.data.length; i += 1) out.data[i] = data[4 * i + channel];
  return out;
}

// The steps of three channels from each pixel to the next, downward and to the right.
function stepsOf(channels) {
  const [{ width, height }] = channels;
  const steps = [];
  const step = (from, to) => steps.push(channels.map(({ data }) => data[to] - data[from]));
  for (let i = 0; i + width < width * height; i += 1) step(i, i + width);
  for (let i = 0; i < width * height; i += 1) if ((i + 1) % width !== 0) step(i, i + 1);
  return steps;
}

// The principal axis of vectors of three numbers (Jacobi's method for their scatter matrix).
function principalAxis(vectors) {
  const m = [0, 1, 2].map((i) => [0, 1, 2].map((k) => vectors.reduce((sum, vector) => sum + vector[i] * vector[k], 0)));
  const axes = [[1, 0, 0], [0, 1, 0], [0, 0, 1]];
  for (let sweep = 0; sweep < SWEEPS; sweep += 1) {
    for (const [p, q] of [[0, 1], [0, 2], [1, 2]]) {
      if (m[p][q] === 0) continue;
      const angle = 0.5 * Math.atan2(2 * m[p][q], m[q][q] - m[p][p]);
      const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
      for (const row of m) [row[p], row[q]] = [cos * row[p] - sin * row[q], sin * row[p] + cos * row[q]];
      for (let k = 0; k < 3; k += 1) {
        [m[p][k], m[q][k]] = [cos * m[p][k] - sin * m[q][k], sin * m[p][k] + cos * m[q][k]];
      }
      for (const axis of axes) [axis[p], axis[q]] = [cos * axis[p] - sin * axis[q], sin * axis[p] + cos * axis[q]];
    }
  }
  const longest = [0, 1, 2].reduce((best, i) => (m[i][i] > m[best][best] ? i : best));
  return axes.map((row) => row[longest]);
}

// The levels along an axis, shifted so that the lowest possible is 0 and the highest 255.
function projected({ width, height, data }, axis) {
  const offset = -255 * axis.reduce((sum, weight) => sum + Math.min(weight, 0), 0);
  const out = grey(width, height);
  for (let i = 0, k = 0; i < out.data.length; i += 1, k += 4) {
    const level = axis[0] * data[k] + axis[1] * data[k + 1] + axis[2] * data[k + 2] + offset;
    out.data[i] = clamp(roundEven(level), 0, 255);
  }
  return out;
}

// The median size in levels of the steps along an axis; at least half a level, the size of rounding errors.
function medianStep(steps, axis) {
  const along = steps.map((step) => Math.abs(step[0] * axis[0] + step[1] * axis[1] + step[2] * axis[2]));
  return Math.max(lowQuantile(along, 0.5), 0.5);
}

function lowQuantile(values, q) {
  return values.length ? valueOfRank(values, Math.trunc(q * (values.length - 1))) : 0;
}
