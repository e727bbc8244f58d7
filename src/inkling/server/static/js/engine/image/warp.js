// Affine and perspective warps of images, as in OpenCV: positions in 32nds of a pixel.

import { grey } from "./grey.js";
import { clamp, roundEven } from "./numbers.js";

// Matrices are nine numbers, row by row.
export const IDENTITY = [1, 0, 0, 0, 1, 0, 0, 0, 1];

export function multiplied(a, b) {
  const out = new Array(9);
  for (let i = 0; i < 3; i += 1) {
    for (let j = 0; j < 3; j += 1) out[3 * i + j] = a[3 * i] * b[j] + a[3 * i + 1] * b[3 + j] + a[3 * i + 2] * b[6 + j];
  }
  return out;
}

export function inverseOf(m) {
  const [a, b, c, d, e, f, g, h, i] = m;
  const cofactors = [
    ...[e * i - f * h, c * h - b * i, b * f - c * e],
    ...[f * g - d * i, a * i - c * g, c * d - a * f],
    ...[d * h - e * g, b * g - a * h, a * e - b * d],
  ];
  const determinant = a * cofactors[0] + b * cofactors[3] + c * cofactors[6];
  return cofactors.map((value) => value / determinant);
}

// [x, y] pairs transformed by a matrix.
export function mappedPoints(points, m) {
  return points.map(([x, y]) => {
    const w = m[6] * x + m[7] * y + m[8];
    return w === 0 ? [0, 0] : [(m[0] * x + m[1] * y + m[2]) / w, (m[3] * x + m[4] * y + m[5]) / w];
  });
}

// The matrix that maps four points to four others.
export function perspectiveBetween(from, to) {
  const rows = [];
  for (let i = 0; i < 4; i += 1) {
    const [[x, y], [u, v]] = [from[i], to[i]];
    rows.push([x, y, 1, 0, 0, 0, -x * u, -y * u, u], [0, 0, 0, x, y, 1, -x * v, -y * v, v]);
  }
  return [...solved(rows), 1];
}

// Rows of coefficients, each with its right-hand side as the last number -> the unknowns (Gaussian elimination with
// pivoting).
export function solved(rows) {
  const n = rows.length;
  const m = rows.map((row) => [...row]);
  for (let i = 0; i < n; i += 1) {
    let pivot = i;
    for (let k = i + 1; k < n; k += 1) if (Math.abs(m[k][i]) > Math.abs(m[pivot][i])) pivot = k;
    [m[i], m[pivot]] = [m[pivot], m[i]];
    for (let k = i + 1; k < n; k += 1) {
      const factor = m[k][i] / m[i][i];
      for (let j = i; j <= n; j += 1) m[k][j] -= factor * m[i][j];
    }
  }
  const out = new Array(n);
  for (let i = n - 1; i >= 0; i -= 1) {
    let value = m[i][n];
    for (let j = i + 1; j < n; j += 1) value -= m[i][j] * out[j];
    out[i] = value / m[i][i];
  }
  return out;
}

// An image warped by a matrix. `inverse`: the matrix maps from the result to the image. `nearest`: use the nearest
// pixel instead of interpolating between four. `replicate`: beyond the border, use the image's nearest pixel, not 0.
export function warpPerspective(image, matrix, width, height, options = {}) {
  const m = options.inverse ? matrix : inverseOf(matrix);
  return sampled(image, width, height, options, (x, y, unit, place) => {
    const w = m[6] * x + m[7] * y + m[8];
    const scale = w === 0 ? 0 : unit / w;
    place[0] = roundEven((m[0] * x + m[1] * y + m[2]) * scale);
    place[1] = roundEven((m[3] * x + m[4] * y + m[5]) * scale);
  });
}

// Like `warpPerspective`, for a matrix whose last row is 0, 0, 1: positions are accumulated in 1024ths.
export function warpAffine(image, matrix, width, height, options = {}) {
  const m = options.inverse ? matrix : inverseOf([...matrix.slice(0, 6), 0, 0, 1]);
  const across = (factor) => Int32Array.from({ length: width }, (_, x) => roundEven(factor * x * 1024));
  const [acrossX, acrossY] = [across(m[0]), across(m[3])];
  return sampled(image, width, height, options, (x, y, unit, place) => {
    const half = 512 / unit;
    place[0] = (roundEven((m[1] * y + m[2]) * 1024) + half + acrossX[x]) >> (unit === 1 ? 10 : 5);
    place[1] = (roundEven((m[4] * y + m[5]) * 1024) + half + acrossY[x]) >> (unit === 1 ? 10 : 5);
  });
}

function sampled(image, width, height, { nearest = false, replicate = false }, placeOf) {
  const out = grey(width, height, new image.data.constructor(width * height));
  const isFloat = image.data instanceof Float32Array;
  const place = [0, 0];
  const [lastX, lastY] = [image.width - 1, image.height - 1];
  const at = (x, y) => {
    if (replicate) return image.data[clamp(y, 0, lastY) * image.width + clamp(x, 0, lastX)];
    return x < 0 || y < 0 || x > lastX || y > lastY ? 0 : image.data[y * image.width + x];
  };
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      placeOf(x, y, nearest ? 1 : 32, place);
      const i = y * width + x;
      if (nearest) {
        out.data[i] = at(place[0], place[1]);
        continue;
      }
      const [left, top] = [Math.floor(place[0] / 32), Math.floor(place[1] / 32)];
      const [right, down] = [place[0] - 32 * left, place[1] - 32 * top];
      const sum =
        (32 - down) * ((32 - right) * at(left, top) + right * at(left + 1, top)) +
        down * ((32 - right) * at(left, top + 1) + right * at(left + 1, top + 1));
      out.data[i] = isFloat ? sum / 1024 : (sum + 512) >> 10;
    }
  }
  return out;
}
