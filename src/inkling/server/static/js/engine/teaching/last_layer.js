// Learns a last layer: softmax regression that stays close to the original layer, like inkling.hands.last_layer. The
// loss is convex, so Newton's method with conjugate gradients finds the same minimum as the Python code.
import { dot, inverseRoot, plus, softmaxRows, timesTransposed, transposedTimes } from "./linear_algebra.js";

const STEPS = 20; // maximum number of Newton steps; five to ten are usual
const INNER_STEPS = 60; // maximum number of conjugate gradient steps per Newton step
const TOLERANCE = 1e-3; // of the gradient, relative to the first
const RIDGE = 1e-3; // share of the second moment's mean eigenvalue that is added to all eigenvalues

// The second moment of ordinary features, (F, F) -> their whitening matrix.
export const rootOf = (secondMoment, size) => inverseRoot(secondMoment, size, RIDGE);

// The last layer (K, F) of a hand. `start`: the original layer (K, F); for N examples, `features` (N, F), `target`
// probabilities (N, K) and `weights` (N); `root`: `rootOf` for ordinary features. With a larger `strength`, the layer
// stays closer to `start`.
export function fit({ start, features, target, weights, root, strength, size, classes }) {
  const x = timesTransposed(features, root, size); // (N, F), whitened: the penalty is strength / 2 |change|^2
  const base = timesTransposed(features, start, size); // (N, K)
  const logitsOf = (change) => plus(base, 1, timesTransposed(x, change, size));
  const problem = { x, weights, strength, size, classes };

  const loss = (change) => {
    const logits = logitsOf(change);
    let sum = (strength / 2) * dot(change, change);
    for (let i = 0; i < weights.length; i++) {
      const row = logits.subarray(i * classes, (i + 1) * classes);
      const greatest = row.reduce((a, b) => Math.max(a, b), -Infinity);
      let total = 0;
      let aimed = 0;
      for (let k = 0; k < classes; k++) {
        total += Math.exp(row[k] - greatest);
        aimed += row[k] * target[i * classes + k];
      }
      sum += weights[i] * (greatest + Math.log(total) - aimed);
    }
    return sum;
  };

  let change = new Float64Array(start.length);
  let first = 0;
  for (let step = 0; step < STEPS; step++) {
    const probs = softmaxRows(logitsOf(change), classes);
    const errors = probs.map((p, i) => weights[Math.floor(i / classes)] * (p - target[i]));
    const gradient = plus(transposedTimes(errors, x, classes, size), strength, change);
    const length = Math.sqrt(dot(gradient, gradient));
    first ||= length;
    if (length <= TOLERANCE * first) break;
    change = lineSearch(change, newtonStep(gradient, probs, problem), gradient, loss);
  }
  return plus(start, 1, timesTransposed(change, root, size));
}

// The step d that solves Hessian * d = -gradient, by conjugate gradients.
function newtonStep(gradient, probs, { x, weights, strength, size, classes }) {
  const hessianTimes = (d) => {
    const z = timesTransposed(x, d, size); // (N, K)
    for (let i = 0; i < weights.length; i++) {
      const at = i * classes;
      let mean = 0;
      for (let k = 0; k < classes; k++) mean += probs[at + k] * z[at + k];
      for (let k = 0; k < classes; k++) z[at + k] = weights[i] * probs[at + k] * (z[at + k] - mean);
    }
    return plus(transposedTimes(z, x, classes, size), strength, d);
  };
  let step = new Float64Array(gradient.length);
  let residual = gradient.map((value) => -value);
  let direction = residual;
  let squared = dot(residual, residual);
  const enough = squared * 1e-4;
  for (let inner = 0; inner < INNER_STEPS && squared > enough; inner++) {
    const times = hessianTimes(direction);
    const length = squared / dot(direction, times);
    step = plus(step, length, direction);
    residual = plus(residual, -length, times);
    const before = squared;
    squared = dot(residual, residual);
    direction = plus(residual, squared / before, direction);
  }
  return step;
}

// The change after the whole step, or a half, a quarter, .. of it: the first one that lowers the loss enough (Armijo),
// or `change` itself if none does.
function lineSearch(change, step, gradient, loss) {
  const now = loss(change);
  const slope = dot(gradient, step);
  for (let halvings = 0; halvings < 20; halvings++) {
    const share = 0.5 ** halvings;
    const tried = plus(change, share, step);
    if (loss(tried) <= now + 1e-4 * share * slope) return tried;
  }
  return change;
}
