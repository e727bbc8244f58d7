// The convolution of a 28x28 tile with a 3x3 kernel, and example kernels.

import { SIDE } from "./widgets.js";

export const PRESETS = {
  upright: { name: "Vertical edges", weights: [-1, 0, 1, -1, 0, 1, -1, 0, 1] },
  level: { name: "Horizontal edges", weights: [-1, -1, -1, 0, 0, 0, 1, 1, 1] },
  slanted: { name: "Slanted strokes", weights: [-1, -1, 2, -1, 2, -1, 2, -1, -1] },
  ends: { name: "Spots and ends", weights: [-1, -1, -1, -1, 8, -1, -1, -1, -1].map((w) => w / 2) },
  soft: { name: "Blur", weights: Array(9).fill(0.5) },
};

// (784) -> (784), zero padding; cross-correlation, as in deep learning libraries.
export function convolve(tile, weights) {
  const out = new Float32Array(SIDE * SIDE);
  for (let y = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++) {
      let sum = 0;
      for (let i = 0; i < 9; i++) {
        const [column, row] = [x + (i % 3) - 1, y + Math.floor(i / 3) - 1];
        if (column >= 0 && row >= 0 && column < SIDE && row < SIDE) sum += weights[i] * tile[row * SIDE + column];
      }
      out[y * SIDE + x] = sum;
    }
  }
  return out;
}
