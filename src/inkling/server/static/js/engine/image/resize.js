// Resizing as in OpenCV: by area, linear and cubic. Levels equal OpenCV's to the last bit, floats nearly equal them.

import { grey } from "./grey.js";
import { clamp, roundEven } from "./numbers.js";

const { fround } = Math;

// The mean of the area that each new pixel covers. If a side grows, the image is interpolated, as in OpenCV.
export function resizeArea(image, width, height) {
  const [scaleX, scaleY] = [image.width / width, image.height / height];
  if (scaleX < 1 || scaleY < 1) {
    const across = taps(image.width, width, scaleX, areaLinear);
    return interpolated(image, across, taps(image.height, height, scaleY, areaLinear));
  }
  if (Number.isInteger(scaleX) && Number.isInteger(scaleY)) return blockMeans(image, scaleX, scaleY);
  return areaMeans(image, width, height);
}

export function resizeLinear(image, width, height, { scaleX = image.width / width, scaleY = image.height / height } = {}) {
  const isHalf = image.width === 2 * width && image.height === 2 * height;
  if (scaleX === 2 && scaleY === 2 && isHalf) return blockMeans(image, 2, 2);
  const place = image.data instanceof Float32Array ? linear : linearOfLevels;
  return interpolated(image, taps(image.width, width, scaleX, place), taps(image.height, height, scaleY, place));
}

// Cubic interpolation of floats; it overshoots beside edges.
export function resizeCubic(image, width, height) {
  const across = cubicTaps(image.width, width);
  const down = cubicTaps(image.height, height);
  const wide = new Float32Array(width * image.height);
  for (let y = 0; y < image.height; y += 1) {
    const row = y * image.width;
    for (let x = 0; x < width; x += 1) {
      let sum = 0;
      for (let k = 4 * x; k < 4 * x + 4; k += 1) {
        sum = fround(sum + fround(image.data[row + across.index[k]] * across.weight[k]));
      }
      wide[y * width + x] = sum;
    }
  }
  const out = grey(width, height, new Float32Array(width * height));
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      let sum = 0;
      for (let k = 4 * y; k < 4 * y + 4; k += 1) {
        sum = fround(sum + fround(wide[down.index[k] * width + x] * down.weight[k]));
      }
      out.data[y * width + x] = sum;
    }
  }
  return out;
}

function blockMeans(image, blockW, blockH) {
  const [width, height] = [image.width / blockW, image.height / blockH];
  if (blockW === 1 && blockH === 1) return grey(width, height, image.data.slice());
  const isFloat = image.data instanceof Float32Array;
  const out = grey(width, height, new image.data.constructor(width * height));
  const scale = fround(1 / (blockW * blockH));
  const isHalf = !isFloat && blockW === 2 && blockH === 2;
  const sums = new Float64Array(width);
  for (let y = 0; y < height; y += 1) {
    sums.fill(0);
    for (let dy = 0; dy < blockH; dy += 1) {
      let from = (y * blockH + dy) * image.width;
      for (let x = 0; x < width; x += 1) {
        let sum = 0;
        for (let dx = 0; dx < blockW; dx += 1, from += 1) sum += image.data[from];
        sums[x] += sum;
      }
    }
    const row = y * width;
    if (isFloat) for (let x = 0; x < width; x += 1) out.data[row + x] = sums[x] * scale;
    else if (isHalf) for (let x = 0; x < width; x += 1) out.data[row + x] = (sums[x] + 2) >> 2;
    else for (let x = 0; x < width; x += 1) out.data[row + x] = roundEven(fround(fround(sums[x]) * scale));
  }
  return out;
}

// For each new pixel: `first`, the first of the consecutive old pixels that it covers, and `start`, the index in
// `weight` of the first of their shares.
function areaTable(from, to) {
  const scale = from / to;
  const [start, first, weight] = [new Int32Array(to + 1), new Int32Array(to), []];
  for (let i = 0; i < to; i += 1) {
    const low = i * scale;
    const high = low + scale;
    const cell = Math.min(scale, from - low);
    const last = Math.min(Math.floor(high), from - 1);
    const whole = Math.min(Math.ceil(low), last); // the first pixel that is covered as a whole
    const isPart = whole - low > 1e-3;
    start[i] = weight.length;
    first[i] = isPart ? whole - 1 : whole;
    if (isPart) weight.push((whole - low) / cell);
    for (let k = whole; k < last; k += 1) weight.push(1 / cell);
    if (high - last > 1e-3) weight.push(Math.min(high - last, 1, cell) / cell);
  }
  start[to] = weight.length;
  return { start, first, weight: Float32Array.from(weight) };
}

function areaMeans({ width: oldWidth, height: oldHeight, data }, width, height) {
  const { start, first, weight } = areaTable(oldWidth, width);
  const down = areaTable(oldHeight, height);
  const isFloat = data instanceof Float32Array;
  const out = grey(width, height, new data.constructor(width * height));
  const [row, sum] = [new Float32Array(width), new Float32Array(width)];
  let held = -1; // the number of the old row that `row` is made from
  for (let y = 0; y < height; y += 1) {
    sum.fill(0);
    for (let k = down.start[y]; k < down.start[y + 1]; k += 1) {
      const source = down.first[y] + k - down.start[y];
      if (source !== held && !(held >= 0 && areEqual(data, source * oldWidth, held * oldWidth, oldWidth))) {
        for (let x = 0; x < width; x += 1) {
          let from = source * oldWidth + first[x];
          let total = 0;
          for (let j = start[x]; j < start[x + 1]; j += 1, from += 1) total = fround(total + fround(data[from] * weight[j]));
          row[x] = total;
        }
      }
      held = source;
      const share = down.weight[k];
      for (let x = 0; x < width; x += 1) sum[x] += fround(share * row[x]);
    }
    const target = y * width;
    for (let x = 0; x < width; x += 1) out.data[target + x] = isFloat ? sum[x] : roundEven(sum[x]);
  }
  return out;
}

// Whether the `n` values from one index on equal those from another index on; a drawing has many equal rows.
function areEqual(data, one, other, n) {
  for (let i = 0; i < n; i += 1) if (data[one + i] !== data[other + i]) return false;
  return true;
}

const linear = (i, scale) => {
  const place = (i + 0.5) * scale - 0.5;
  const first = Math.floor(place);
  return [first, fround(place - first)];
};

// The position of a pixel in the old image; for levels, OpenCV computes it in float32.
const linearOfLevels = (i, scale) => {
  const place = fround((i + 0.5) * scale - 0.5);
  const first = Math.floor(place);
  return [first, fround(place - first)];
};

const areaLinear = (i, scale) => {
  const first = Math.floor(i * scale);
  const rest = fround(i + 1 - (first + 1) / scale);
  return [first, rest <= 0 ? 0 : fround(rest - Math.floor(rest))];
};

// For each new pixel, the two old pixels around it and the share of the second. Beyond the border, both are the
// outermost pixel; their shares still matter where they are rounded separately.
function taps(from, to, scale, place) {
  const [first, second, share] = [new Int32Array(to), new Int32Array(to), new Float32Array(to)];
  for (let i = 0; i < to; i += 1) {
    const [index, rest] = place(i, scale);
    first[i] = clamp(index, 0, from - 1);
    second[i] = clamp(index + 1, 0, from - 1);
    share[i] = rest;
  }
  return { first, second, share };
}

function interpolated(image, across, down) {
  const [width, height] = [across.first.length, down.first.length];
  const of = image.data instanceof Float32Array ? interpolatedFloats : interpolatedLevels;
  return of(image, across, down, width, height);
}

function interpolatedFloats(image, across, down, width, height) {
  const out = grey(width, height, new Float32Array(width * height));
  const rows = [new Float32Array(width), new Float32Array(width)];
  const held = [-1, -1];
  const stretch = (y, row) => {
    const source = y * image.width;
    for (let x = 0; x < width; x += 1) {
      const share = across.share[x];
      const [first, second] = [image.data[source + across.first[x]], image.data[source + across.second[x]]];
      row[x] = fround(first * fround(1 - share)) + fround(second * share);
    }
  };
  for (let y = 0; y < height; y += 1) {
    hold(rows, held, down.first[y], down.second[y], stretch);
    const share = down.share[y];
    const rest = fround(1 - share);
    const [upper, lower] = rows;
    for (let x = 0; x < width; x += 1) out.data[y * width + x] = fround(upper[x] * rest) + fround(lower[x] * share);
  }
  return out;
}

// Interpolates levels with weights of 11 bits, rounded as in OpenCV's vectorized code.
function interpolatedLevels(image, across, down, width, height) {
  const out = grey(width, height);
  const [secondShare, firstShare] = [new Int32Array(width), new Int32Array(width)];
  for (let x = 0; x < width; x += 1) {
    secondShare[x] = roundEven(fround(across.share[x] * 2048));
    firstShare[x] = roundEven(fround(fround(1 - across.share[x]) * 2048));
  }
  const rows = [new Int32Array(width), new Int32Array(width)];
  const held = [-1, -1];
  const stretch = (y, row) => {
    const source = y * image.width;
    for (let x = 0; x < width; x += 1) {
      const first = image.data[source + across.first[x]] * firstShare[x];
      row[x] = (first + image.data[source + across.second[x]] * secondShare[x]) >> 4;
    }
  };
  for (let y = 0; y < height; y += 1) {
    hold(rows, held, down.first[y], down.second[y], stretch);
    const second = roundEven(fround(down.share[y] * 2048));
    const first = roundEven(fround(fround(1 - down.share[y]) * 2048));
    const [upper, lower] = rows;
    const target = y * width;
    for (let x = 0; x < width; x += 1) {
      out.data[target + x] = (((first * upper[x]) >> 16) + ((second * lower[x]) >> 16) + 2) >> 2;
    }
  }
  return out;
}

// Caches the two stretched rows around a new row.
function hold(rows, held, upper, lower, stretch) {
  if (held[1] === upper && held[0] !== upper) {
    rows.reverse();
    held.reverse();
  }
  for (const [i, y] of [upper, lower].entries()) {
    if (held[i] === y) continue;
    stretch(y, rows[i]);
    held[i] = y;
  }
}

function cubicTaps(from, to) {
  const scale = from / to;
  const [index, weight] = [new Int32Array(4 * to), new Float32Array(4 * to)];
  const a = -0.75;
  for (let i = 0; i < to; i += 1) {
    const place = (i + 0.5) * scale - 0.5;
    const first = Math.floor(place);
    const x = fround(place - first);
    const own = [
      ((a * (x + 1) - 5 * a) * (x + 1) + 8 * a) * (x + 1) - 4 * a,
      ((a + 2) * x - (a + 3)) * x * x + 1,
      ((a + 2) * (1 - x) - (a + 3)) * (1 - x) * (1 - x) + 1,
    ].map(fround);
    own.push(fround(fround(fround(1 - own[0]) - own[1]) - own[2]));
    for (let k = 0; k < 4; k += 1) {
      index[4 * i + k] = clamp(first - 1 + k, 0, from - 1);
      weight[4 * i + k] = own[k];
    }
  }
  return { index, weight };
}
