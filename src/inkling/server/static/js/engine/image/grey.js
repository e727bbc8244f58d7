// Grayscale images: { width, height, data }, row by row. `data` is a Uint8Array of levels or of a mask, a Float32Array,
// or an Int32Array of labels.

import { roundEven } from "./numbers.js";

export const grey = (width, height, data = new Uint8Array(width * height)) => ({ width, height, data });

export const float = (width, height) => grey(width, height, new Float32Array(width * height));

// A copy of a part of an image, clipped at the right and lower borders.
export function crop(image, x, y, width, height) {
  const [right, bottom] = [Math.min(x + width, image.width), Math.min(y + height, image.height)];
  const [w, h] = [Math.max(right - x, 0), Math.max(bottom - y, 0)];
  const part = grey(w, h, new image.data.constructor(w * h));
  for (let row = 0; row < h; row += 1) {
    const start = (y + row) * image.width + x;
    part.data.set(image.data.subarray(start, start + w), row * w);
  }
  return part;
}

// The image with pixels added on each side: of the given value, or copies of the nearest pixel if `value` is null.
export function withBorder(image, { top = 0, bottom = 0, left = 0, right = 0, value = null }) {
  const { width, height, data } = image;
  const [wide, high] = [left + width + right, top + height + bottom];
  const out = grey(wide, high, new data.constructor(wide * high));
  if (value !== null && value !== 0) out.data.fill(value);
  for (let y = 0; y < out.height; y += 1) {
    const from = y - top;
    if (value !== null && (from < 0 || from >= height)) continue;
    const source = Math.min(Math.max(from, 0), height - 1) * width;
    const target = y * out.width;
    out.data.set(data.subarray(source, source + width), target + left);
    if (value !== null) continue;
    out.data.fill(data[source], target, target + left);
    out.data.fill(data[source + width - 1], target + left + width, target + out.width);
  }
  return out;
}

// 1 where a value is above the level, else 0.
export function above({ width, height, data }, level) {
  const mask = grey(width, height);
  const limit = data instanceof Float32Array ? Math.fround(level) : level;
  for (let i = 0; i < data.length; i += 1) mask.data[i] = data[i] > limit ? 1 : 0;
  return mask;
}

export function inverted({ width, height, data }) {
  const out = grey(width, height);
  for (let i = 0; i < data.length; i += 1) out.data[i] = 255 - data[i];
  return out;
}

export function countNonZero({ data }) {
  let n = 0;
  for (let i = 0; i < data.length; i += 1) if (data[i] !== 0) n += 1;
  return n;
}

// { low, high }: the least and the greatest value.
export function rangeOf({ data }) {
  let [low, high] = [Infinity, -Infinity];
  for (let i = 0; i < data.length; i += 1) {
    const value = data[i];
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return { low, high };
}

export function meanOf({ data }) {
  let sum = 0;
  for (let i = 0; i < data.length; i += 1) sum += data[i];
  return sum / data.length;
}

// [x, y, width, height] of the box around all pixels that differ from `level`; width 0 if there are none.
export function boundingRect({ width, height, data }, level = 0) {
  let [left, right, top, bottom] = [width, -1, height, -1];
  for (let y = 0; y < height; y += 1) {
    const [start, end] = [y * width, (y + 1) * width];
    let first = start;
    while (first < end && data[first] === level) first += 1;
    if (first === end) continue;
    let last = end - 1;
    while (data[last] === level) last -= 1;
    left = Math.min(left, first - start);
    right = Math.max(right, last - start);
    top = Math.min(top, y);
    bottom = y;
  }
  return right < 0 ? [0, 0, 0, 0] : [left, top, right - left + 1, bottom - top + 1];
}

// An image of levels 0..255 -> the table's values, floats.
export function lookUp({ width, height, data }, table) {
  const out = float(width, height);
  for (let i = 0; i < data.length; i += 1) out.data[i] = table[data[i]];
  return out;
}

// The image with rows and columns swapped.
export function transposed({ width, height, data }) {
  const out = grey(height, width, new data.constructor(data.length));
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) out.data[x * height + y] = data[y * width + x];
  }
  return out;
}

// Otsu's threshold (1979): levels above it are the lighter class.
export function otsuThreshold(histogram) {
  const total = histogram.reduce((sum, count) => sum + count, 0);
  const scale = 1 / total;
  let mean = 0;
  for (let i = 0; i < 256; i += 1) mean += i * histogram[i];
  mean *= scale;
  const epsilon = 1.1920928955078125e-7; // of float32
  let [q1, mean1, best, found] = [0, 0, 0, 0];
  for (let i = 0; i < 256; i += 1) {
    const share = histogram[i] * scale;
    mean1 *= q1;
    q1 += share;
    const q2 = 1 - q1;
    if (Math.min(q1, q2) < epsilon || Math.max(q1, q2) > 1 - epsilon) continue;
    mean1 = (mean1 + i * share) / q1;
    const mean2 = (mean - q1 * mean1) / q2;
    const variance = q1 * q2 * (mean1 - mean2) * (mean1 - mean2);
    if (variance > best) [best, found] = [variance, i];
  }
  return found;
}

// The mass and the first-order moments: { m00, m10, m01 }.
export function moments({ width, height, data }) {
  let [m00, m10, m01] = [0, 0, 0];
  for (let y = 0; y < height; y += 1) {
    let [row, across] = [0, 0];
    for (let x = 0; x < width; x += 1) {
      row += data[y * width + x];
      across += data[y * width + x] * x;
    }
    m00 += row;
    m10 += across;
    m01 += row * y;
  }
  return { m00, m10, m01 };
}

// image / by * scale for uint8 images, rounded, at most 255; 0 where `by` is 0.
export function divided(image, by, scale) {
  const out = grey(image.width, image.height);
  const factor = Math.fround(scale);
  for (let i = 0; i < out.data.length; i += 1) {
    const value = by.data[i] === 0 ? 0 : roundEven(Math.fround(Math.fround(image.data[i] * factor) / by.data[i]));
    out.data[i] = Math.min(255, value);
  }
  return out;
}
