// The brightness of the bare background, estimated for each pixel of the small image. Like the corresponding part of
// `inkling.pipeline.binarize`.

import { BINARIZE as CONFIG, SHARED } from "./config.js";
import { connectedComponents, FIELDS, HEIGHT, LEFT, maskOfLabels, TOP, WIDTH } from "./image/components.js";
import { strokeWidth } from "./image/distance.js";
import { dilate, erode, gaussianBlur } from "./image/filters.js";
import { above, float, grey, rangeOf } from "./image/grey.js";
import { median, quantile, roundEven } from "./image/numbers.js";
import { solved } from "./image/warp.js";
import { upscale } from "./small_image.js";

const { fround } = Math;

export const levelRange = (image) => {
  const { low, high } = rangeOf(image);
  return high - low;
};

// The small image -> floats. A grayscale closing removes dark regions narrower than its kernel (strokes) and keeps
// wider ones (shadows). If light falls off smoothly toward the border, the closing is too light within half a kernel of
// the border, so the image is first divided by a surface fitted to the inside of the background.
export function estimateBackground(small) {
  const widest = Math.max(3, roundEven(Math.max(small.width, small.height) * CONFIG.max_stroke_share) | 1);
  const first = smoothlyClosed(small, widest);
  if (levelRange(first) < CONFIG.even_range_levels) return first;
  const blots = findBlots(small, first);
  if (blots) {
    const level = median(first.data);
    return floats(first, (i) => (blots.data[i] ? level : first.data[i]));
  }
  const side = Math.min(widest, kernelSide(small, first));
  const background = smoothlyClosed(small, side);
  const surface = fittedSurface(background, side >> 1);
  if (!surface) return background;
  const flat = smoothlyClosed(floats(small, (i) => small.data[i] / surface.data[i]), side);
  return floats(flat, (i) => flat.data[i] * surface.data[i]);
}

// The image and its small version with even light: columns and rows are scaled to one brightness. Used if light is so
// uneven that no ink was found.
export function flattenIllumination(image, small) {
  const { width, height } = small;
  const brightness = Float32Array.from(small.data, (level) => Math.max(level, 1));
  const alongColumn = (x) => Array.from({ length: height }, (_, y) => brightness[y * width + x]);
  const columns = Array.from({ length: width }, (_, x) => quantile(alongColumn(x), CONFIG.background_quantile));
  const alongRow = (y) => columns.map((level, x) => brightness[y * width + x] / level);
  const rows = Array.from({ length: height }, (_, y) => quantile(alongRow(y), CONFIG.background_quantile));
  const illumination = floats(small, (i) => rows[Math.floor(i / width)] * columns[i % width]);
  const level = median(small.data);
  const flattened = (one, light) => {
    const lit = (value, i) => Math.min(fround(value * fround(level / Math.max(light.data[i], 1))), 255);
    return grey(one.width, one.height, one.data.map(lit));
  };
  return [flattened(image, upscale(illumination, image)), flattened(small, illumination)];
}

function floats({ width, height }, at) {
  const out = float(width, height);
  for (let i = 0; i < out.data.length; i += 1) out.data[i] = at(i);
  return out;
}

// A mask of dark patches wider than any stroke; null if there are none. A shadow reaches the border or fades; a blot is
// dark, lies away from the border and has a sharp edge.
function findBlots(small, background) {
  const threshold = CONFIG.max_blot_brightness * median(small.data);
  const dark = grey(small.width, small.height, small.data.map((level) => (level < threshold ? 1 : 0)));
  const { count, labels, stats } = connectedComponents(dark);
  const isDeep = new Uint8Array(count);
  labels.data.forEach((n, i) => {
    if (background.data[i] < fround(threshold)) isDeep[n] = 1;
  });
  const isBlot = isDeep.map((deep, n) => {
    const [x, y, w, h] = [LEFT, TOP, WIDTH, HEIGHT].map((field) => stats[FIELDS * n + field]);
    return n > 0 && deep && x > 0 && y > 0 && x + w < small.width && y + h < small.height ? 1 : 0;
  });
  if (!isBlot.includes(1)) return null;
  return dilate(maskOfLabels(labels, isBlot), 5);
}

// The side of the smallest odd kernel that removes the strokes: the smaller the kernel, the less shadow becomes ink.
function kernelSide(small, background) {
  const offset = SHARED.level_offset;
  const contrast = floats(small, (i) => 1 - fround((small.data[i] + offset) / fround(background.data[i] + offset)));
  const strongest = quantile(contrast.data, CONFIG.strong_contrast_quantile);
  const least = CONFIG.stroke_contrast_share * strongest;
  return Math.trunc(CONFIG.kernel_to_stroke * strokeWidth(above(contrast, least)) + 2) | 1;
}

// A grayscale closing with a square kernel, smoothed, as floats.
function smoothlyClosed(small, side) {
  const dilated = dilate(small, side);
  // In a drawing, bare background is near every pixel, so erosion and blur would change nothing.
  if (levelRange(dilated) === 0) return floats(dilated, (i) => dilated.data[i]);
  const blurred = gaussianBlur(erode(dilated, side), side / CONFIG.kernel_to_sigma);
  return floats(blurred, (i) => blurred.data[i]);
}

// A quadratic surface fitted to the inside of a background, extended over its rim; null if the surface does not fit or
// the background is too small.
function fittedSurface({ width: w, height: h, data }, rim) {
  if (Math.min(w, h) <= 2 * rim + 3) return null;
  const place = (i, n) => fround(-1 + (2 * i) / (n - 1));
  const terms = (x, y) => [1, x, y, x * x, y * y, x * y];
  const system = Array.from({ length: 6 }, () => new Array(7).fill(0));
  let [n, sum, squares] = [0, 0, 0];
  const inside = (visit) => {
    for (let y = rim; y < h - rim; y += 1) {
      for (let x = rim; x < w - rim; x += 1) visit(terms(place(x, w), place(y, h)), data[y * w + x]);
    }
  };
  inside((basis, value) => {
    for (let i = 0; i < 6; i += 1) {
      for (let k = 0; k < 6; k += 1) system[i][k] += basis[i] * basis[k];
      system[i][6] += basis[i] * value;
    }
    n += 1;
    sum += value;
    squares += value * value;
  });
  const weights = solved(system);
  const at = (basis) => basis.reduce((total, term, i) => total + term * weights[i], 0);
  let [restSum, restSquares] = [0, 0];
  inside((basis, value) => {
    const rest = value - at(basis);
    restSum += rest;
    restSquares += rest * rest;
  });
  const variance = (total, ofSquares) => ofSquares / n - (total / n) ** 2;
  if (variance(restSum, restSquares) > (1 - CONFIG.min_surface_r2) * variance(sum, squares)) return null;
  return floats({ width: w, height: h }, (i) => Math.max(at(terms(place(i % w, w), place(Math.floor(i / w), h))), 1));
}
