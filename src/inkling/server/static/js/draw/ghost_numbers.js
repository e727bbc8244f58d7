// The numbers that the ghost pen writes: strokes as points of a curve in a unit square, x to the right, y down.

const DIGITS = {
  0: [[0.54, 0.03, 0.34, 0.08, 0.22, 0.3, 0.2, 0.55, 0.27, 0.82, 0.45, 0.97, 0.64, 0.9, 0.77, 0.65, 0.78, 0.38, 0.69, 0.13, 0.5, 0.02]],
  2: [[0.22, 0.24, 0.3, 0.07, 0.48, 0.0, 0.68, 0.08, 0.72, 0.27, 0.62, 0.48, 0.42, 0.7, 0.2, 0.95, 0.24, 0.97, 0.5, 0.95, 0.8, 0.96]],
  4: [
    [0.48, 0.0, 0.36, 0.25, 0.18, 0.58, 0.2, 0.62, 0.5, 0.6, 0.84, 0.58],
    [0.66, 0.3, 0.64, 0.6, 0.62, 1.0],
  ],
  5: [
    [0.28, 0.02, 0.27, 0.2, 0.24, 0.42, 0.42, 0.37, 0.62, 0.43, 0.74, 0.6, 0.7, 0.82, 0.52, 0.97, 0.32, 0.97, 0.18, 0.88],
    [0.28, 0.02, 0.5, 0.03, 0.76, 0.0],
  ],
  6: [[0.64, 0.02, 0.46, 0.14, 0.32, 0.38, 0.26, 0.64, 0.32, 0.88, 0.5, 0.98, 0.68, 0.9, 0.73, 0.74, 0.64, 0.59, 0.48, 0.56, 0.32, 0.66, 0.27, 0.74]],
  7: [[0.2, 0.04, 0.45, 0.05, 0.78, 0.03, 0.66, 0.3, 0.54, 0.6, 0.42, 1.0]],
}; // prettier-ignore

const STEPS = 8; // of the curve between two points
const HEIGHT = 0.56; // of a digit, in units
const ADVANCE = 0.44; // units from one digit to the next
const LEAN = [0.02, -0.015, 0.01]; // units up or down, so that neighboring digits are not at the same height

// The strokes of a number in the middle of a board: arrays of {x, y} in units.
export function strokesOf(number) {
  const [height, advance] = number.length > 2 ? [0.78 * HEIGHT, 0.74 * ADVANCE] : [HEIGHT, ADVANCE];
  return [...number].flatMap((digit, i) => {
    const [left, top] = [(i - (number.length - 1) / 2) * advance - height / 2, -height / 2 + LEAN[i % LEAN.length]];
    return DIGITS[digit].map((flat) => smooth(pairs(flat)).map(([x, y]) => ({ x: left + x * height, y: top + y * height })));
  });
}

function pairs(flat) {
  return Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i], flat[2 * i + 1]]);
}

// A Catmull-Rom curve through the points.
function smooth(points) {
  const ends = [points[0], ...points, points.at(-1)];
  const curve = [points[0]];
  for (let i = 0; i + 3 < ends.length; i++) {
    const [a, b, c, d] = ends.slice(i, i + 4);
    for (let step = 1; step <= STEPS; step++) {
      const t = step / STEPS;
      const at = (k) =>
        ((-t + 2 * t ** 2 - t ** 3) * a[k] + (2 - 5 * t ** 2 + 3 * t ** 3) * b[k] + (t + 4 * t ** 2 - 3 * t ** 3) * c[k] + (t ** 3 - t ** 2) * d[k]) / 2;
      curve.push([at(0), at(1)]);
    }
  }
  return curve;
}
