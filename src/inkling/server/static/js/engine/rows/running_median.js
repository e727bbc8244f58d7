// The median of a square around each pixel. In a drawing, most of the paper has one level, and box sums show whether
// that level is the median everywhere; if not, all medians are computed.

import { grey } from "../image/grey.js";
import { medianBlur } from "../image/filters.js";
import { histogramOf } from "../image/numbers.js";

// A grayscale picture -> its median in squares with an odd side; beyond the border, the nearest pixel is used.
export function runningMedian(image, side) {
  const { width, height, data } = image;
  const histogram = histogramOf(data);
  const level = histogram.indexOf(Math.max(...histogram));
  if (histogram[level] === data.length) return grey(width, height, data.slice());
  const isFew = (test) => mostInSquare(image, side, test) <= (side * side) >> 1;
  // First, lighter and darker pixels are counted together, which is quicker and decides most drawings.
  const isLevel = isFew((value) => value !== level) || (isFew((value) => value < level) && isFew((value) => value > level));
  return isLevel ? grey(width, height, new Uint8Array(data.length).fill(level)) : medianBlur(image, side);
}

// The greatest number of pixels that pass a test in the square around any pixel.
function mostInSquare({ width, height, data }, side, test) {
  const half = side >> 1;
  const passes = Uint8Array.from({ length: 256 }, (_, value) => Number(test(value)));
  const wide = new Int32Array(width * height);
  const columns = Int32Array.from({ length: width + side - 1 }, (_, x) => Math.min(Math.max(x - half, 0), width - 1));
  const row = new Int32Array(width + side); // running sums; beyond the border, the nearest pixel counts
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < columns.length; x++) row[x + 1] = row[x] + passes[data[y * width + columns[x]]];
    for (let x = 0; x < width; x++) wide[y * width + x] = row[x + side] - row[x];
  }
  let most = 0;
  const sums = new Int32Array(width);
  const add = (y, sign) => {
    const start = Math.min(Math.max(y, 0), height - 1) * width;
    for (let x = 0; x < width; x++) sums[x] += sign * wide[start + x];
  };
  for (let y = -half; y <= half; y++) add(y, 1);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) if (sums[x] > most) most = sums[x];
    add(y - half, -1);
    add(y + half + 1, 1);
  }
  return most;
}
