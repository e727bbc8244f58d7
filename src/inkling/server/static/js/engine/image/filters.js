// Smoothing and grey morphology, as OpenCV does them.

import { grey } from "./grey.js";
import { roundEven } from "./numbers.js";

const { fround } = Math;

// The index of a pixel beyond the border: mirrored without the outermost one, OpenCV's default.
const reflected = (i, n) => {
  if (n === 1) return 0;
  let at = i;
  while (at < 0 || at >= n) at = at < 0 ? -at : 2 * (n - 1) - at;
  return at;
};
const nearest = (i, n) => Math.min(Math.max(i, 0), n - 1);

// The weights of a Gaussian, which sum to 1. Without `sigma`, those of OpenCV for 3 pixels.
function gaussianKernel(size, sigma) {
  if (sigma <= 0 && size === 3) return [0.25, 0.5, 0.25];
  const scale = -0.125 / (sigma * sigma);
  const half = Array.from({ length: (size - 1) / 2 }, (_, i) => Math.exp((1 - size + 2 * i) ** 2 * scale));
  const sum = 2 * half.reduce((total, value) => total + value, 0) + 1;
  const sides = half.map((value) => value / sum);
  return [...sides, 1 / sum, ...sides.toReversed()];
}

// The same in 256ths that sum to 256: the rounding error goes on to the next weight.
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

// `size`: of the kernel, an odd number of pixels; 0 for what `sigma` needs.
export function gaussianBlur(image, sigma, size = 0) {
  const isFloat = image.data instanceof Float32Array;
  const side = size || roundEven(sigma * (isFloat ? 4 : 3) * 2 + 1) | 1;
  const kernel = gaussianKernel(side, sigma);
  return isFloat ? blurredFloats(image, Float32Array.from(kernel)) : blurredLevels(image, levelKernel(kernel));
}

function blurredLevels({ width, height, data }, kernel) {
  const half = (kernel.length - 1) / 2;
  const wide = new Int32Array(width * height);
  const columns = Int32Array.from({ length: width + 2 * half }, (_, i) => reflected(i - half, width));
  for (let y = 0; y < height; y += 1) {
    const row = y * width;
    for (let x = 0; x < width; x += 1) {
      let sum = 0;
      for (let k = 0; k < kernel.length; k += 1) sum += data[row + columns[x + k]] * kernel[k];
      wide[row + x] = sum;
    }
  }
  const out = grey(width, height);
  const sums = new Int32Array(width);
  for (let y = 0; y < height; y += 1) {
    sums.fill(32768);
    for (let k = 0; k < kernel.length; k += 1) {
      const source = reflected(y - half + k, height) * width;
      const weight = kernel[k];
      for (let x = 0; x < width; x += 1) sums[x] += wide[source + x] * weight;
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

// The mean of a box of levels. `replicate`: beyond the border the nearest pixel, not the mirrored one.
export function blur({ width, height, data }, boxW, boxH, { replicate = false } = {}) {
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
  for (let y = 0; y < height; y += 1) {
    let sum = 0;
    for (let i = 0; i < boxW; i += 1) sum += sums[columns[i]];
    for (let x = 0; x < width; x += 1) {
      out.data[y * width + x] = roundEven(sum * scale);
      sum += sums[columns[x + boxW]] - sums[columns[x]];
    }
    add(y - top, -1);
    add(y - top + boxH, 1);
  }
  return out;
}

// The median of a square of levels with an odd side; beyond the border lies the nearest pixel.
export function medianBlur({ width, height, data }, side) {
  const half = side >> 1;
  const middle = (side * side) >> 1;
  const out = grey(width, height);
  for (let y = 0; y < height; y += 1) {
    const rows = Array.from({ length: side }, (_, i) => nearest(y - half + i, height) * width);
    const counts = new Int32Array(256);
    for (const row of rows) for (let x = -half; x <= half; x += 1) counts[data[row + nearest(x, width)]] += 1;
    let level = 0;
    let below = 0; // values less than `level`
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

// The greatest value in a box around each pixel, by default in its middle. What lies beyond the border does not count.
export function dilate(image, boxW, boxH = boxW, { anchorX = boxW >> 1, anchorY = boxH >> 1 } = {}) {
  return alongColumns(alongRows(image, boxW, anchorX, Math.max), boxH, anchorY, Math.max);
}

// The least value.
export function erode(image, boxW, boxH = boxW) {
  return alongColumns(alongRows(image, boxW, boxW >> 1, Math.min), boxH, boxH >> 1, Math.min);
}

export const closed = (image, boxW, boxH = boxW) => erode(dilate(image, boxW, boxH), boxW, boxH);

export const opened = (image, boxW, boxH = boxW) => dilate(erode(image, boxW, boxH), boxW, boxH);

const SMALL_WINDOW = 9; // pixels
const worstOf = (data, pick) => (data instanceof Float32Array ? pick() : pick === Math.max ? 0 : 255);

// With a window of `size` pixels that starts `before` pixels to the left. A small one is compared pixel by pixel; for others
// the algorithm of van Herk (1992): extremes from the start of each block of `size` pixels, and to its end, give those of
// any window by one more comparison.
function alongRows({ width, height, data }, size, before, pick) {
  if (size <= SMALL_WINDOW) {
    const out = grey(width, height, data.slice());
    for (let shift = -before; shift < size - before; shift += 1) {
      const [left, n] = [Math.max(0, -shift), width - Math.abs(shift)];
      if (shift === 0) continue;
      for (let row = 0; row < data.length; row += width) pickInto(out.data, row + left, data, row + left + shift, n, pick);
    }
    return out;
  }
  const out = grey(width, height, new data.constructor(data.length));
  const padded = Math.ceil((width + size - 1) / size) * size;
  const [line, ahead, back] = [0, 1, 2].map(() => new data.constructor(padded).fill(worstOf(data, pick)));
  for (let y = 0; y < height; y += 1) {
    const row = y * width;
    line.set(data.subarray(row, row + width), before);
    for (let start = 0; start < padded; start += size) {
      const end = start + size - 1;
      ahead[start] = line[start];
      for (let i = start + 1; i <= end; i += 1) ahead[i] = pick(ahead[i - 1], line[i]);
      back[end] = line[end];
      for (let i = end - 1; i >= start; i -= 1) back[i] = pick(back[i + 1], line[i]);
    }
    for (let x = 0; x < width; x += 1) out.data[row + x] = pick(back[x], ahead[x + size - 1]);
  }
  return out;
}

// The same downwards, whole rows at a time.
function alongColumns({ width, height, data }, size, before, pick) {
  if (size <= SMALL_WINDOW) {
    const out = grey(width, height, data.slice());
    for (let shift = -before; shift < size - before; shift += 1) {
      const [top, n] = [Math.max(0, -shift), height - Math.abs(shift)];
      if (shift !== 0) pickInto(out.data, top * width, data, (top + shift) * width, n * width, pick);
    }
    return out;
  }
  const padded = Math.ceil((height + size - 1) / size) * size;
  const back = new data.constructor(padded * width).fill(worstOf(data, pick));
  back.set(data, before * width);
  const ahead = back.slice();
  const pickRow = (rows, y, others, from) => pickInto(rows, y * width, others, from * width, width, pick);
  for (let i = 1; i < padded; i += 1) if (i % size !== 0) pickRow(ahead, i, ahead, i - 1);
  for (let i = padded - 2; i >= 0; i -= 1) if ((i + 1) % size !== 0) pickRow(back, i, back, i + 1);
  for (let y = 0; y < height; y += 1) pickRow(back, y, ahead, y + size - 1);
  return grey(width, height, back.slice(0, width * height));
}

// Compares `n` values from an index on with others, and keeps the greatest or the least.
function pickInto(target, at, source, from, n, pick) {
  if (pick === Math.max) {
    for (let i = 0; i < n; i += 1) if (source[from + i] > target[at + i]) target[at + i] = source[from + i];
  } else {
    for (let i = 0; i < n; i += 1) if (source[from + i] < target[at + i]) target[at + i] = source[from + i];
  }
}

// The greatest value where a kernel, an image of 0 and 1 with its anchor, is 1 around each pixel.
export function dilateBy({ width, height, data }, kernel, anchorX = kernel.width >> 1, anchorY = kernel.height >> 1) {
  const out = grey(width, height, new data.constructor(data.length));
  for (let ky = 0; ky < kernel.height; ky += 1) {
    for (let kx = 0; kx < kernel.width; kx += 1) {
      if (!kernel.data[ky * kernel.width + kx]) continue;
      const [dx, dy] = [kx - anchorX, ky - anchorY];
      const [left, right] = [Math.max(0, -dx), Math.min(width, width - dx)];
      for (let y = Math.max(0, -dy); y < Math.min(height, height - dy); y += 1) {
        const [target, source] = [y * width, (y + dy) * width + dx];
        for (let x = left; x < right; x += 1) {
          if (data[source + x] > out.data[target + x]) out.data[target + x] = data[source + x];
        }
      }
    }
  }
  return out;
}
