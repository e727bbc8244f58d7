// Connected components, numbered as OpenCV numbers them.

import { grey } from "./grey.js";

// Fields of a component's statistics.
export const LEFT = 0;
export const TOP = 1;
export const WIDTH = 2;
export const HEIGHT = 3;
export const AREA = 4;
export const FIELDS = 5;

// A mask -> { count, labels, stats }. `labels`: an Int32 image, 0 is the background. `stats`: five fields for each of
// the `count` labels, the background first.
//
// Runs of each row are joined with the runs that they touch in the row above. OpenCV numbers 8-connected components by
// their first block of 2x2 pixels, in row order, and 4-connected ones by their first pixel.
export function connectedComponents({ width, height, data }, { connectivity = 8 } = {}) {
  const reach = connectivity === 8 ? 1 : 0;
  const runs = []; // start and end of each, indices of pixels
  const parent = [];
  const root = (run) => {
    let at = run;
    while (parent[at] !== at) at = parent[at] = parent[parent[at]];
    return at;
  };
  let [previous, previousEnd] = [0, 0]; // the runs of the row above
  for (let y = 0; y < height; y += 1) {
    const [rowStart, rowEnd] = [y * width, (y + 1) * width];
    const first = parent.length;
    let above = previous;
    for (let i = rowStart; i < rowEnd; i += 1) {
      if (data[i] === 0) continue;
      const start = i;
      while (i < rowEnd && data[i] !== 0) i += 1;
      const run = parent.length;
      parent.push(run);
      runs.push(start, i);
      const [low, high] = [start - width - reach, i - width + reach]; // the pixels that touch it above
      while (above < previousEnd && runs[2 * above + 1] <= low) above += 1;
      for (let other = above; other < previousEnd && runs[2 * other] < high; other += 1) {
        const [one, two] = [root(other), root(run)];
        if (one < two) parent[two] = one;
        else parent[one] = two;
      }
    }
    [previous, previousEnd] = [first, parent.length];
  }
  return labelled(width, height, runs, parent.map((_, run) => root(run)), connectivity);
}

// An image that has, for each pixel, the value of `member`, a Uint8Array by label; a mask if the values are 0 and 1.
export function maskOfLabels({ width, height, data }, member) {
  const mask = grey(width, height);
  for (let i = 0; i < data.length; i += 1) mask.data[i] = member[data[i]];
  return mask;
}

// A mask of the pixels with one label.
export function maskOfLabel({ width, height, data }, label) {
  const mask = grey(width, height);
  for (let i = 0; i < data.length; i += 1) if (data[i] === label) mask.data[i] = 1;
  return mask;
}

function labelled(width, height, runs, roots, connectivity) {
  const order = new Map(); // root -> where its component starts, in OpenCV's order
  for (let run = 0; run < roots.length; run += 1) {
    const [y, x] = [Math.floor(runs[2 * run] / width), runs[2 * run] % width];
    const place = connectivity === 8 ? (y >> 1) * width + (x >> 1) : y * width + x;
    const known = order.get(roots[run]);
    if (known === undefined || place < known) order.set(roots[run], place);
  }
  const numbers = new Map([...order].sort((a, b) => a[1] - b[1]).map(([one], i) => [one, i + 1]));
  const count = numbers.size + 1;
  const labels = grey(width, height, new Int32Array(width * height));
  const [left, top, right, bottom, area] = [width, height, -1, -1, 0].map((start) => new Int32Array(count).fill(start));
  const include = (n, y, from, to) => {
    if (from >= to) return;
    left[n] = Math.min(left[n], from);
    right[n] = Math.max(right[n], to);
    top[n] = Math.min(top[n], y);
    bottom[n] = Math.max(bottom[n], y + 1);
    area[n] += to - from;
  };
  let [y, x] = [0, 0]; // the position in the background
  const background = (toY, toX) => {
    for (; y < toY; y += 1, x = 0) include(0, y, x, width);
    include(0, y, x, toX);
  };
  for (let run = 0; run < roots.length; run += 1) {
    const [start, end] = [runs[2 * run], runs[2 * run + 1]];
    const row = Math.floor(start / width);
    const number = numbers.get(roots[run]);
    labels.data.fill(number, start, end);
    background(row, start - row * width);
    x = end - row * width;
    include(number, row, start - row * width, x);
  }
  background(height - 1, width);
  const stats = new Int32Array(FIELDS * count);
  for (let n = 0; n < count; n += 1) {
    stats.set([left[n], top[n], Math.max(right[n] - left[n], 0), Math.max(bottom[n] - top[n], 0), area[n]], FIELDS * n);
  }
  return { count, labels, stats };
}
