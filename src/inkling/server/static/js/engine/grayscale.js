// Convert colour to grey: luma, or the mixture of channels that shows the ink where luma hides it. As
// `inkling.pipeline.grayscale`. A picture in colours is { width, height, data }, four bytes a pixel.

import { GRAYSCALE as CONFIG, SHARED } from "./config.js";
import { grey } from "./image/grey.js";
import { clamp, roundEven, valueOfRank } from "./image/numbers.js";
import { resizeArea } from "./image/resize.js";

const LUMA = [0.299, 0.587, 0.114]; // weights of R, G, B (ITU-R BT.601)
const SWEEPS = 12; // of Jacobi's method: more than three by three numbers need

// As Pillow weighs the colours of a file.
export function luma({ width, height, data }) {
  const out = grey(width, height);
  for (let i = 0, k = 0; i < out.data.length; i += 1, k += 4) {
    out.data[i] = (data[k] * 19595 + data[k + 1] * 38470 + data[k + 2] * 7471 + 32768) >> 16;
  }
  return out;
}

// An opaque picture -> grey in which ink stands out, in either polarity.
export function toGrayscale(picture) {
  const brightness = luma(picture);
  if (showsInk(brightness)) return brightness;
  const axis = principalEdgeAxis(picture);
  if (axis) return projected(picture, axis);
  const { data } = picture;
  return grey(picture.width, picture.height, brightness.data.map((_, i) =>
    (data[4 * i] * 4899 + data[4 * i + 1] * 9617 + data[4 * i + 2] * 1868 + 8192) >> 14)); // as OpenCV weighs them
}

// Whether luma alone has edges as strong as those of a usual pen.
function showsInk({ width, height, data }) {
  const block = Math.ceil(Math.max(width, height) / CONFIG.luma_sample_side_px);
  const { columns, rows } = sampledPlaces(width, height, block);
  const sample = rows.map((y) => columns.map((x) => data[y * width + x]));
  const lightest = sample.flat().reduce((most, level) => Math.max(most, level), 0);
  const least = Math.ceil(CONFIG.min_luma_edge * (lightest + SHARED.level_offset));
  let strong = 0;
  sample.forEach((row, y) => {
    row.forEach((level, x) => {
      if (x > 0 && Math.abs(level - row[x - 1]) >= least) strong += 1;
      if (y > 0 && Math.abs(level - sample[y - 1][x]) >= least) strong += 1;
    });
  });
  return strong > (1 - CONFIG.strongest_quantile) * 2 * rows.length * columns.length;
}

// One pixel of each block, near its middle.
function sampledPlaces(width, height, block) {
  const along = (side) => {
    const places = [];
    for (let i = Math.min(block >> 1, (side - 1) >> 1); i < side; i += block) places.push(i);
    return places;
  };
  return { columns: along(width), rows: along(height) };
}

// The weights of R, G, B along which colours change most at sharp edges; null where luma is as good.
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
    const [r, g, b] = data.subarray(4 * (y * width + x), 4 * (y * width + x) + 3);
    return Math.max(r, g, b) - Math.min(r, g, b) >= CONFIG.min_channel_spread;
  }));
}

function channelOf({ width, height, data }, channel) {
  const out = grey(width, height);
  for (let i = 0; i < out.data.length; i += 1) out.data[i] = data[4 * i + channel];
  return out;
}

// Of three channels, the steps from each pixel to the next, downwards and to the right.
function stepsOf(channels) {
  const [{ width, height }] = channels;
  const steps = [];
  const step = (from, to) => steps.push(channels.map(({ data }) => data[to] - data[from]));
  for (let i = 0; i + width < width * height; i += 1) step(i, i + width);
  for (let i = 0; i < width * height; i += 1) if ((i + 1) % width !== 0) step(i, i + 1);
  return steps;
}

// The direction in which vectors of three numbers are longest (Jacobi's method for their scatter matrix).
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

// The levels along an axis, the lowest possible at 0 and the highest at 255.
function projected({ width, height, data }, axis) {
  const offset = -255 * axis.reduce((sum, weight) => sum + Math.min(weight, 0), 0);
  const out = grey(width, height);
  for (let i = 0, k = 0; i < out.data.length; i += 1, k += 4) {
    const level = axis[0] * data[k] + axis[1] * data[k + 1] + axis[2] * data[k + 2] + offset;
    out.data[i] = clamp(roundEven(level), 0, 255);
  }
  return out;
}

// Median size of the steps along an axis, levels; at least half a level, which rounding makes.
function medianStep(steps, axis) {
  const along = steps.map((step) => Math.abs(step[0] * axis[0] + step[1] * axis[1] + step[2] * axis[2]));
  return Math.max(lowQuantile(along, 0.5), 0.5);
}

function lowQuantile(values, q) {
  return values.length ? valueOfRank(values, Math.trunc(q * (values.length - 1))) : 0;
}
