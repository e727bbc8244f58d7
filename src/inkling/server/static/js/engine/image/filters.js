// Smoothing and grayscale morphology, as in OpenCV.

import { boundingRect, crop, grey, withBorder } from "./grey.js";
import { roundEven } from "./numbers.js";

const { fround } = Math;

// The index of a pixel beyond the border: mirrored without repeating the outermost pixel, OpenCV's default.
const reflected = (i, n) => {
  if (n === 1) return 0;
  let at = i;
  while (at < 0 || at >= n) at = at < 0 ? -at : 2 * (n - 1) - at;
  return at;
};
const nearest = (i, n) => Math.min(Math.max(i, 0), n - 1);

// The weights of a Gaussian, which sum to 1. If `sigma` is 0, OpenCV's weights for 3 pixels.
function gaussianKernel(size, sigma) {
  if (sigma <= 0 && size === 3) return [0.25, 0.5, 0.25];
  const scale = -0.125 / (sigma * sigma);
  const half = Array.from({ length: (size - 1) / 2 }, (_, i) => Math.exp((1 - size + 2 * i) ** 2 * scale));
  const sum = 2 * half.reduce((total, value) => total + value, 0) + 1;
  const sides = half.map((value) => value / sum);
  return [...sides, 1 / sum, ...sides.toReversed()];
}

// The weights of a kernel in 256ths, which sum to 256: each rounding error is carried to the next weight.
function levelKernel(kernel) {
  const middle = (kernel.length - 1) / 2;
  const weights = new Int32Array(kernel.length);
  let [error, sum] = [0, 0];
  for (let i = 0; i < middle; i += 1) {
    const exact = kernel[i] * 256 + error;
    const rounded = roundEven(exact);
    error = exact - rounded;
    weights[i] = weights[kernel.length - 1 - i] = rounded;
    sum += 2 * rounded;
  }
  weights[middle] = 256 - sum;
  return weights;
}

// `size`: the side of the kernel, an odd number of pixels; 0 derives it from `sigma`.
export function gaussianBlur(image, sigma, size = 0) {
  const isFloat = image.data instanceof Float32Array;
  const side = size || roundEven(sigma * (isFloat ? 4 : 3) * 2 + 1) | 1;
  const kernel = gaussianKernel(side, sigma);
  if (isFloat) return blurredFloats(image, Float32Array.from(kernel));
  return whereUneven(image, side, side, (part) => blurredLevels(part, levelKernel(kernel)));
}

// The result of a filter that has a window of `boxW` x `boxH` pixels and does not change a uniform image. The result is
// computed only around pixels that differ from the upper-left one, because most of a drawing is bare paper.
function whereUneven(image, boxW, boxH, filter) {
  const { width, height } = image;
  const level = image.data[0];
  const [x, y, w, h] = boundingRect(image, level);
  if (w === 0) return grey(width, height, image.data.slice());
  const [left, top] = [Math.max(x - boxW, 0), Math.max(y - boxH, 0)];
  const part = crop(image, left, top, x + w + boxW - left, y + h + boxH - top);
  if (part.data.length === image.data.length) return filter(image);
  const { height: rows, width: columns, data } = filter(part);
  const out = grey(width, height, new image.data.constructor(width * height).fill(level));
  for (let row = 0; row < rows; row += 1) {
    out.data.set(data.subarray(row * columns, (row + 1) * columns), (top + row) * width + left);
  }
  return out;
}

function blurredLevels({ width, height, data }, kernel) {
  const half = (kernel.length - 1) / 2;
  const wide = new Int32Array(width * height);
  const columns = Int32Array.from({ length: width + 2 * half }, (_, i) => reflected(i - half, width));
  const line = new Int32Array(columns.length);
  const sums = new Int32Array(width);
  for (let y = 0; y < height; y += 1) {
    for (let i = 0; i < line.length; i += 1) line[i] = data[y * width + columns[i]];
    sums.fill(0);
    for (let k = 0; k < kernel.length; k += 1) {
      const weight = kernel[k];
      for (let x = 0; x < width; x += 1) sums[x] += Math.imul(line[x + k], weight);
    }
    wide.set(sums, y * width);
  }
  const out = grey(width, height);
  for (let y = 0; y < height; y += 1) {
    sums.fill(32768);
    for (let k = 0; k < kernel.length; k += 1) {
      const source = reflected(y - half + k, height) * width;
      const weight = kernel[k];
      for (let x = 0; x < width; x += 1) sums[x] += Math.imul(wide[source + x], weight);
    }
    for (let x = 0; x < width; x += 1) out.data[y * width + x] = sums[x] >> 16;
  }
  return out;
}

function blurredFloats({ width, height, data }, kernel) {
  const half = (kernel.length - 1) / 2;
  const wide = new Float32Array(width * height);
  for (let y = 0; y < height; y += 1) {
    const row = y * width;
    for (let x = 0; x < width; x += 1) {
      let sum = fround(kernel[half] * data[row + x]);
      for (let k = 1; k <= half; k += 1) {
        const pair = fround(data[row + reflected(x - k, width)] + data[row + reflected(x + k, width)]);
        sum = fround(sum + fround(kernel[half + k] * pair));
      }
      wide[row + x] = sum;
    }
  }
  const out = grey(width, height, new Float32Array(width * height));
  for (let y = 0; y < height; y += 1) {
    const target = y * width;
    for (let x = 0; x < width; x += 1) out.data[target + x] = kernel[half] * wide[target + x];
    for (let k = 1; k <= half; k += 1) {
      const [above, below] = [reflected(y - k, height) * width, reflected(y + k, height) * width];
      const weight = kernel[half + k];
      for (let x = 0; x < width; x += 1) out.data[target + x] += fround(weight * fround(wide[above + x] + wide[below + x]));
    }
  }
  return out;
}

// The mean of a box around each pixel. `replicate`: the nearest pixel is used beyond the border, not the mirrored one.
export function blur(image, boxW, boxH, { replicate = false } = {}) {
  return whereUneven(image, boxW, boxH, (part) => boxMeans(part, boxW, boxH, replicate));
}

function boxMeans({ width, height, data }, boxW, boxH, replicate) {
  const beyond = replicate ? nearest : reflected;
  const [left, top] = [boxW >> 1, boxH >> 1];
  const columns = Int32Array.from({ length: width + boxW }, (_, x) => beyond(x - left, width));
  const sums = new Int32Array(width); // of each column, over the box's rows
  const add = (y, sign) => {
    const source = beyond(y, height) * width;
    for (let x = 0; x < width; x += 1) sums[x] += sign * data[source + x];
  };
  for (let y = -top; y < boxH - top; y += 1) add(y, 1);
  const scale = 1 / (boxW * boxH);
  const out = grey(width, height);
  let [before, level] = [-1, 0]; // neighbors often have the same sum
  for (let y = 0; y < height; y += 1) {
    let sum = 0;
    for (let i = 0; i < boxW; i += 1) sum += sums[columns[i]];
    for (let x = 0; x < width; x += 1) {
      if (sum !== before) [before, level] = [sum, roundEven(sum * scale)];
      out.data[y * width + x] = level;
      sum += sums[columns[x + boxW]] - sums[columns[x]];
    }
    add(y - top, -1);
    add(y - top + boxH, 1);
  }
  return out;
}

// The median of a square with an odd side around each pixel; beyond the border, the nearest pixel is used.
export function medianBlur({ width, height, data }, side) {
  const half = side >> 1;
  const middle = (side * side) >> 1;
  const out = grey(width, height);
  for (let y = 0; y < height; y += 1) {
    const rows = Array.from({ length: side }, (_, i) => nearest(y - half + i, height) * width);
    const counts = new Int32Array(256);
    for (const row of rows) for (let x = -half; x <= half; x += 1) counts[data[row + nearest(x, width)]] += 1;
    let level = 0;
    let below = 0; // the number of values less than `level`
    for (let x = 0; x < width; x += 1) {
      while (below > middle) below -= counts[(level -= 1)];
      while (below + counts[level] <= middle) below += counts[level++];
      out.data[y * width + x] = level;
      const [leaves, enters] = [nearest(x - half, width), nearest(x + half + 1, width)];
      for (const row of rows) {
        const [old, fresh] = [data[row + leaves], data[row + enters]];
        counts[old] -= 1;
        counts[fresh] += 1;
        below += (fresh < level) - (old < level);
      }
    }
  }
  return out;
}

// The greatest value in a box around each pixel, by default centered. Pixels beyond the border are ignored.
export function dilate(image, boxW, boxH = boxW, { anchorX = boxW >> 1, anchorY = boxH >> 1 } = {}) {
  return whereUneven(image, boxW, boxH, (part) => alongColumns(alongRows(part, boxW, anchorX, true), boxH, anchorY, true));
}

// The least value in a centered box around each pixel. Pixels beyond the border are ignored.
export function erode(image, boxW, boxH = boxW) {
  return whereUneven(image, boxW, boxH, (part) =>
    alongColumns(alongRows(part, boxW, boxW >> 1, false), boxH, boxH >> 1, false));
}

export const closed = (image, boxW, boxH = boxW) => erode(dilate(image, boxW, boxH), boxW, boxH);

export const opened = (image, boxW, boxH = boxW) => dilate(erode(image, boxW, boxH), boxW, boxH);

// The extreme of a window of `size` pixels that starts `before` pixels to the left of each pixel.
function alongRows(image, size, before, isGreatest) {
  const wide = withBorder(image, { left: before, right: size - 1 - before, value: worstOf(image, isGreatest) });
  extendWindows(wide.data, size, 1, isGreatest);
  return crop(wide, 0, 0, image.width, image.height);
}

// Like `alongRows`, but along columns: the window starts `before` pixels above.
function alongColumns(image, size, before, isGreatest) {
  const high = withBorder(image, { top: before, bottom: size - 1 - before, value: worstOf(image, isGreatest) });
  extendWindows(high.data, size, image.width, isGreatest);
  return crop(high, 0, 0, image.width, image.height);
}

function worstOf({ data }, isGreatest) {
  if (data instanceof Float32Array) return isGreatest ? -Infinity : Infinity;
  return isGreatest ? 0 : 255;
}

// Replaces each value with the extreme of `size` values from it on, at distances of `unit`. Two overlapping windows form
// one window of up to twice their size.
function extendWindows(data, size, unit, isGreatest) {
  for (let span = 1; span < size; span *= 2) {
    const ahead = Math.min(span, size - span) * unit;
    const end = data.length - ahead;
    if (isGreatest) {
      for (let i = 0; i < end; i += 1) if (data[i + ahead] > data[i]) data[i] = data[i + ahead];
    } else {
      for (let i = 0; i < end; i += 1) if (data[i + ahead] < data[i]) data[i] = data[i + ahead];
    }
  }
}
