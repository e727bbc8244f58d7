// Matrices and boxes x, y, w, h of leveled pictures. A picture is leveled by rotating it about its upper-left corner.
// Like `inkling.pipeline.layout.geometry`.

import { grey } from "../image/grey.js";
import { IDENTITY, mappedPoints, multiplied, warpAffine } from "../image/warp.js";

const MIDDLE = 127; // gray level: a mask's edge after interpolation

// Pixels -> pixels of a resized picture, mapping pixel centers as in resizing.
export const scaling = (fx, fy) => [fx, 0, fx / 2 - 0.5, 0, fy, fy / 2 - 0.5, 0, 0, 1];

export const shift = (x, y) => [1, 0, x, 0, 1, y, 0, 0, 1];

// The rotation about the origin that levels a line of the given slope, pixels down per pixel to the right.
export function turned(slope) {
  const [cos, sin] = [Math.cos(Math.atan(slope)), Math.sin(Math.atan(slope))];
  return [cos, sin, 0, -sin, cos, 0, 0, 0, 1];
}

// Whether a matrix is the identity, except for rounding.
export const isIdentity = (m) => m.every((value, i) => Math.abs(value - IDENTITY[i]) <= 1e-8 + 1e-5 * IDENTITY[i]);

// A mask rotated by a matrix into an image large enough to hold all of it, and the matrix used.
export function asLevelled(mask, level) {
  const { left, top, right, bottom } = bounds(mappedPoints(boxCorners([0, 0, mask.width, mask.height]), level));
  const moved = multiplied(shift(-left, -top), level);
  const [width, height] = [Math.ceil(right - left), Math.ceil(bottom - top)];
  const levels = warpAffine(grey(mask.width, mask.height, mask.data.map((value) => value * 255)), moved, width, height);
  return { mask: grey(width, height, levels.data.map((value) => Number(value > MIDDLE))), moved };
}

// The corners of a box, from the upper left one clockwise.
export function boxCorners([x, y, w, h]) {
  return [[x, y], [x + w, y], [x + w, y + h], [x, y + h]];
}

// The least and the greatest x and y of points.
export function bounds(points) {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [x, y] of points) {
    left = Math.min(left, x);
    top = Math.min(top, y);
    right = Math.max(right, x);
    bottom = Math.max(bottom, y);
  }
  return { left, top, right, bottom };
}

// The box around several boxes.
export function union(boxes) {
  const { left, top, right, bottom } = bounds(boxes.flatMap(boxCorners));
  return [left, top, right - left, bottom - top];
}

// The upright box, in whole pixels, around a box transformed by a matrix. `slack`: pixels by which it may miss a corner.
export function boxAround(box, matrix, slack) {
  const { left, top, right, bottom } = bounds(mappedPoints(boxCorners(box), matrix));
  const [x, y] = [Math.floor(left + slack), Math.floor(top + slack)];
  return [x, y, Math.max(1, Math.ceil(right - slack) - x), Math.max(1, Math.ceil(bottom - slack) - y)];
}
