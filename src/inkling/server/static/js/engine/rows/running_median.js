// The median of a square around each pixel. Where the picture is a drawing, most of its paper has one level, and box sums
// tell at once that the median is that level; the rest is counted.

import { grey } from "../image/grey.js";
import { medianBlur } from "../image/filters.js";
import { histogramOf } from "../image/numbers.js";

// A grey picture -> its median in squares of an odd side; beyond the border lies the nearest pixel.
export function runningMedian(image, side) {
  const { width, height, data } = image;
  const histogram = histogramOf(data);
  const level = histogram.indexOf(Math.max(...histogram));
  if (histogram[level] === data.length) return grey(width, height, data.slice());
  const below = boxCounts(image, side, (value) => value < level);
  const above = boxCounts(image, side, (value) => value > level);
  const middle = (side * side) >> 1;
  const isLevel = below.every((count, i) => count <= middle && above[i] <= middle);
  return isLevel ? grey(width, height, new Uint8Array(data.length).fill(level)) : medianBlur(image, side);
}

// How many pixels of the square around each pixel pass a test.
function boxCounts({ width, height, data }, side, test) {
  const half = side >> 1;
  const passes = Uint8Array.from({ length: 256 }, (_, value) => Number(test(value)));
  const wide = new Int32Array(width * height);
  const row = new Int32Array(width + side); // running sums, the nearest pixel beyond the border
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width + side - 1; x++) {
      row[x + 1] = row[x] + passes[data[y * width + Math.min(Math.max(x - half, 0), width - 1)]];
    }
    for (let x = 0; x < width; x++) wide[y * width + x] = row[x + side] - row[x];
  }
  const counts = new Int32Array(width * height);
  const sums = new Int32Array(width);
  const add = (y, sign) => {
    const start = Math.min(Math.max(y, 0), height - 1) * width;
    for (let x = 0; x < width; x++) sums[x] += sign * wide[start + x];
  };
  for (let y = -half; y <= half; y++) add(y, 1);
  for (let y = 0; y < height; y++) {
    counts.set(sums, y * width);
    add(y - half, -1);
    add(y + half + 1, 1);
  }
  return counts;
}
