// The distance transform, as OpenCV approximates it (Borgefors, "Distance transformations in digital images", 1986).

import { grey, withBorder } from "./grey.js";

const { fround } = Math;
const FAR = 8192; // pixels
const [STRAIGHT_3, DIAGONAL_3] = [0.955, 1.3693].map(fround);
const [STRAIGHT_5, DIAGONAL_5, KNIGHT_5] = [1, 1.4, 2.1969].map(fround);

// A mask -> floats, the distance of each pixel to the nearest 0, by steps to the 8 neighbors (`size` 3), or also by
// knight's moves (`size` 5).
export function distanceTransform({ width, height, data }, size = 3) {
  const rim = size >> 1;
  const stride = width + 2 * rim;
  const found = new Float32Array(stride * (height + 2 * rim)).fill(FAR);
  const before = neighbours(size, stride); // the neighbors above and to the left; the others are symmetric
  const [offsets, costs] = [before.map(([offset]) => offset), before.map(([, cost]) => cost)];
  const n = offsets.length;
  for (let y = 0; y < height; y += 1) {
    const row = (y + rim) * stride + rim;
    for (let x = 0; x < width; x += 1) {
      if (data[y * width + x] === 0) {
        found[row + x] = 0;
        continue;
      }
      let least = FAR;
      for (let k = 0; k < n; k += 1) {
        const way = fround(found[row + x + offsets[k]] + costs[k]);
        if (way < least) least = way;
      }
      found[row + x] = least;
    }
  }
  const out = grey(width, height, new Float32Array(width * height));
  for (let y = height - 1; y >= 0; y -= 1) {
    const row = (y + rim) * stride + rim;
    for (let x = width - 1; x >= 0; x -= 1) {
      let least = found[row + x];
      if (least === 0) continue;
      for (let k = 0; k < n; k += 1) {
        const way = fround(found[row + x - offsets[k]] + costs[k]);
        if (way < least) least = way;
      }
      found[row + x] = least;
      out.data[y * width + x] = least;
    }
  }
  return out;
}

// The distance to the background; everything outside the image counts as background.
export function distanceToEdge(mask) {
  const { width, height, data } = distanceTransform(withBorder(mask, { top: 1, bottom: 1, left: 1, right: 1, value: 0 }));
  const out = grey(mask.width, mask.height, new Float32Array(mask.width * mask.height));
  for (let y = 1; y < height - 1; y += 1) {
    out.data.set(data.subarray(y * width + 1, (y + 1) * width - 1), (y - 1) * mask.width);
  }
  return out;
}

// The mean width of a mask's strokes in pixels; at least 1. Within a stroke of width w, the distance to its edge rises
// from 0 to w/2 and falls again, so its mean is w/4; measured from pixel to pixel, it is half a pixel more.
export function strokeWidth(mask) {
  const { data } = distanceToEdge(mask);
  let [sum, n] = [0, 0];
  for (let i = 0; i < data.length; i += 1) {
    sum += data[i];
    if (mask.data[i] !== 0) n += 1;
  }
  return Math.max(4 * (sum / Math.max(n, 1) - 0.5), 1);
}

function neighbours(size, stride) {
  if (size === 3) {
    return [[-stride - 1, DIAGONAL_3], [-stride, STRAIGHT_3], [-stride + 1, DIAGONAL_3], [-1, STRAIGHT_3]];
  }
  return [
    [-2 * stride - 1, KNIGHT_5], [-2 * stride + 1, KNIGHT_5], [-stride - 2, KNIGHT_5], [-stride - 1, DIAGONAL_5],
    [-stride, STRAIGHT_5], [-stride + 1, DIAGONAL_5], [-stride + 2, KNIGHT_5], [-1, STRAIGHT_5],
  ];
}
