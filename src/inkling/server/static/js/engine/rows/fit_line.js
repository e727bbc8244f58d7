// A straight line through points, most of which are near it: OpenCV's `fitLine` with Huber's weights (Huber, "Robust
// Estimation of a Location Parameter", 1964), from the same random starts.

const HUBER = Math.fround(1.345); // pixels: points farther away count less
const STARTS = 20; // of 10 points each; the best line is used
const STEPS = 30; // of reweighting, at most
const CLOSE = 0.01; // radians and pixels: lines that differ by less are equal
const EPSILON = 1.1920928955078125e-7; // of float32
const { fround } = Math;

// Points [x, y] -> [dx, dy, x, y]: the direction, of length 1, and a point on the line.
export function fitLine(points) {
  const random = randomNumbers();
  let [best, leastError] = [null, Infinity];
  for (let start = 0; start < STARTS; start++) {
    const weights = new Float32Array(points.length);
    for (let n = 0; n < Math.min(points.length, 10); ) {
      const i = random() % points.length;
      if (weights[i] === 0) n += weights[i] = 1;
    }
    let line = weighted(points, weights);
    let before = null;
    for (let step = 0; step < STEPS; step++) {
      if (before && areClose(line, before)) break;
      const distances = points.map(([x, y]) => fround(Math.abs(line[1] * (x - line[2]) - line[0] * (y - line[3]))));
      const error = distances.reduce((sum, distance) => sum + distance, 0);
      if (error < leastError) [best, leastError] = [line, error];
      if (error < points.length * EPSILON) break;
      distances.forEach((distance, i) => (weights[i] = distance < HUBER ? 1 : HUBER / distance));
      const scale = 1 / weights.reduce((sum, weight) => sum + weight, 0);
      for (let i = 0; i < weights.length; i++) weights[i] *= scale;
      before = line;
      line = weighted(points, weights);
    }
  }
  return best;
}

// The weighted least-squares line.
function weighted(points, weights) {
  let [w, x, y, xx, yy, xy] = [0, 0, 0, 0, 0, 0];
  points.forEach(([px, py], i) => {
    const weight = weights[i];
    w += weight;
    x += weight * px;
    y += weight * py;
    xx += weight * px * px;
    yy += weight * py * py;
    xy += weight * px * py;
  });
  [x, y] = [x / w, y / w];
  const angle = fround(Math.atan2(2 * (xy / w - x * y), xx / w - x * x - (yy / w - y * y)) / 2);
  return [Math.cos(angle), Math.sin(angle), x, y].map(fround);
}

function areClose(line, before) {
  const cos = Math.min(Math.max(line[0] * before[0] + line[1] * before[1], -1), 1);
  return Math.acos(cos) < CLOSE && Math.max(Math.abs(line[2] - before[2]), Math.abs(line[3] - before[3])) < CLOSE;
}

// OpenCV's random numbers of 32 bits, by multiply-with-carry (Marsaglia).
function randomNumbers() {
  let state = 0xffffffffffffffffn;
  return () => {
    state = BigInt.asUintN(64, (state & 0xffffffffn) * 4164903690n + (state >> 32n));
    return Number(state & 0xffffffffn);
  };
}
