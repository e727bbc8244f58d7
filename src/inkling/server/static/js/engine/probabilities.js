// Probabilities from a network's outputs, as in `inkling.pipeline.classifier` and `.result`.
const N_DIGITS = 10;
const SMALLEST = 1e-30; // lower bound of each probability, so low that ten tiny ones keep their order
const SMALLEST_CALIBRATED = 1e-12;

// Rows of `classes` numbers -> their softmax, float32.
export function softmax(values, classes) {
  const found = new Float32Array(values.length);
  for (let at = 0; at < values.length; at += classes) {
    const row = values.subarray(at, at + classes);
    const greatest = row.reduce((a, b) => Math.max(a, b), -Infinity);
    let sum = 0;
    for (const value of row) sum += Math.exp(value - greatest);
    for (let k = 0; k < classes; k++) found[at + k] = Math.exp(row[k] - greatest) / sum;
  }
  return found;
}

// A softmax of n rows of 10 or 11 -> { probs: n * 10, calibrated, each row sums to 1; notDigit: n, 0 for a network that
// cannot refuse }. The eleventh output is the class "none of the ten"; the ten are scaled to sum to 1 without it.
export function classProbabilities(outputs, n, temperature) {
  const classes = n === 0 ? N_DIGITS : outputs.length / n;
  const probs = new Float32Array(n * N_DIGITS);
  const notDigit = new Float32Array(n);
  const row = new Float64Array(N_DIGITS);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < N_DIGITS; k++) row[k] = outputs[i * classes + k];
    if (classes > N_DIGITS) {
      notDigit[i] = outputs[i * classes + N_DIGITS];
      normalize(row.map((p) => Math.max(p, SMALLEST)), row);
    }
    if (temperature !== 1) normalize(row.map((p) => Math.max(p, SMALLEST_CALIBRATED) ** (1 / temperature)), row);
    probs.set(row, i * N_DIGITS);
  }
  return { probs, notDigit };
}

function normalize(from, to) {
  const sum = from.reduce((a, b) => a + b, 0);
  for (let k = 0; k < from.length; k++) to[k] = from[k] / sum;
}
