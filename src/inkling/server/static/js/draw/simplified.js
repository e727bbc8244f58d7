// Strokes with fewer points that draw the same lines, for short links.
//
// A stroke is drawn as a quadratic B-spline with its points as control points (strokes.js). Points are added where the
// new curve deviates from the old one by more than the tolerance, and the control points are moved until the curve
// passes through the chosen points (progressive iterative approximation).

import { along, curveTo, flattened } from "../common/strokes.js";

const ROUNDS = 12; // of moving the control points; each round at least halves the largest error
const SAMPLES = 8; // of each piece of the curve

// `tolerance`: the largest deviation of a line, in units.
export function simplified(strokes, tolerance) {
  return strokes.map((points) => (points.length < 3 ? points : simplifiedStroke(flattened(points), tolerance)));
}

function simplifiedStroke(points, tolerance) {
  let chosen = [0, points.length - 1];
  for (;;) {
    const curve = fitted(chosen.map((i) => points[i]));
    const missed = chosen.slice(1).map((end, n) => worst(points, chosen[n], end, curve, n));
    const more = missed.filter(({ error, index }) => error > tolerance && !chosen.includes(index)).map(({ index }) => index);
    if (more.length === 0) return curve;
    chosen = [...chosen, ...more].sort((a, b) => a - b);
  }
}

// Control points of a curve that passes through all targets, and begins at the first and ends at the last.
function fitted(targets) {
  const control = targets.map((point) => ({ ...point }));
  const last = targets.length - 1;
  for (let round = 0; round < ROUNDS; round++) {
    for (let i = 1; i < last; i++) {
      const [before, here, next] = [control[i - 1], control[i], control[i + 1]];
      for (const key of ["x", "y"]) {
        // The curve at the middle of the piece that `here` controls; the last piece ends at the last point.
        const at = i === last - 1 ? (before[key] + 5 * here[key] + 2 * next[key]) / 8 : (before[key] + 6 * here[key] + next[key]) / 8;
        here[key] += targets[i][key] - at;
      }
    }
  }
  return control;
}

// The point between `start` and `end` that is farthest from the curve, whose control points `n` and `n + 1` belong to
// `start` and `end`.
function worst(points, start, end, curve, n) {
  const line = [];
  for (let i = Math.max(1, n); i <= Math.min(curve.length - 1, n + 2); i++) {
    const piece = curveTo(curve, i);
    for (let step = 0; step <= SAMPLES; step++) line.push(along(piece, step / SAMPLES));
  }
  let found = { error: 0, index: -1 };
  for (let i = start + 1; i < end; i++) {
    const share = (i - start) / (end - start);
    const width = (1 - share) * curve[n].width + share * curve[n + 1].width;
    const error = Math.max(distance(points[i], line), Math.abs(points[i].width - width) / 2);
    if (error > found.error) found = { error, index: i };
  }
  return found;
}

function distance({ x, y }, line) {
  let least = Infinity;
  for (let i = 1; i < line.length; i++) {
    const [a, b] = [line[i - 1], line[i]];
    const [dx, dy] = [b.x - a.x, b.y - a.y];
    const t = Math.min(1, Math.max(0, ((x - a.x) * dx + (y - a.y) * dy) / (dx * dx + dy * dy || 1)));
    least = Math.min(least, Math.hypot(x - a.x - t * dx, y - a.y - t * dy));
  }
  return least;
}
