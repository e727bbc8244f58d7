// The replayed images of a network, as inkling.hands.page_replay writes them: a sample of ordinary images.
import { inflated, partsOf } from "../network_file.js";
import { inverseRoot, softmaxRows, timesTransposed } from "./linear_algebra.js";

export const NO_DIGIT = 10;
export const CLASSES = 11;
const MAGIC = "inkr";
const POWER = 4; // of the cosine: the higher, the more similar a digit must be
const SCALE = 3; // the similarity of equal digits
const RIDGE = 0.01; // share of the mean within-class variance that is added to each variance

// The file's bytes -> { version, size: F, features (N, F), labels, sets, shown, weights, secondMoment (F, F), metric }.
export async function readReplay(bytes) {
  const { head, body: compressed } = partsOf(bytes, MAGIC);
  const body = await inflated(compressed);
  const { size, scale, blocks } = head;
  const n = blocks.reduce((sum, block) => sum + block.n, 0);
  const features = new Float64Array(n * size);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < size - 1; k++) features[i * size + k] = Math.fround(body[k * n + i] * scale[k]);
    features[i * size + size - 1] = 1;
  }
  const numbersAt = n * size; // n * (size - 1) features and n labels come before
  const numbers = fromPlanes(body.subarray(numbersAt));
  const nSecond = (size * (size + 1)) / 2;
  const nWithin = (size * (size - 1)) / 2;
  const of = (value) => blocks.flatMap((block) => Array.from({ length: block.n }, (_, i) => value(block, i)));
  return {
    version: head.version,
    size,
    features,
    labels: body.slice(n * (size - 1), n * size),
    sets: of(({ set }) => set),
    shown: of(({ shown }, i) => i < shown),
    weights: Float64Array.from(of(({ weight }) => weight)), // the number of images that a row represents
    secondMoment: symmetric(numbers.subarray(0, nSecond), size),
    metric: metricOf(numbers.subarray(nSecond, nSecond + nWithin), numbers.subarray(nSecond + nWithin), size),
  };
}

// Four planes of bytes, those of the lowest bytes first -> the numbers.
function fromPlanes(planes) {
  const n = planes.length / 4;
  const bytes = new Uint8Array(4 * n);
  for (let i = 0; i < n; i++) for (let k = 0; k < 4; k++) bytes[4 * i + k] = planes[k * n + i];
  return new Float32Array(bytes.buffer);
}

// Features (M, F) and prototypes (P, F) -> similarity (M, P): 0 = unlike, 3 = equal. See inkling.hands.prototypes.
function metricOf(within, mean, size) {
  const n = size - 1;
  const whitening = inverseRoot(symmetric(within, n), n, RIDGE);
  const directions = (features) => {
    const m = features.length / size;
    const centred = new Float64Array(m * n);
    for (let i = 0; i < m; i++) for (let k = 0; k < n; k++) centred[i * n + k] = features[i * size + k] - mean[k];
    const white = timesTransposed(centred, whitening, n);
    for (let at = 0; at < white.length; at += n) {
      let squared = 0;
      for (let k = 0; k < n; k++) squared += white[at + k] ** 2;
      const length = Math.max(Math.sqrt(squared), 1e-9);
      for (let k = 0; k < n; k++) white[at + k] /= length;
    }
    return white;
  };
  return {
    nearness: (features, prototypes) =>
      timesTransposed(directions(features), directions(prototypes), n).map((cosine) => SCALE * Math.max(cosine, 0) ** POWER),
  };
}

// The lower triangle of a symmetric (n, n) matrix, row by row -> the matrix.
function symmetric(triangle, n) {
  const found = new Float64Array(n * n);
  for (let i = 0, at = 0; i < n; i++) for (let j = 0; j <= i; j++, at++) found[i * n + j] = found[j * n + i] = triangle[at];
  return found;
}

// The output of a last layer: features (M, F) -> probabilities (M, 11). `learned`: { lastLayer (11, F + P),
// prototypes (P, F) }.
export function probsOf({ lastLayer, prototypes }, features, { size, metric }) {
  const p = prototypes.length / size;
  const m = features.length / size;
  const near = p ? metric.nearness(features, prototypes) : null;
  const logits = new Float64Array(m * CLASSES);
  for (let i = 0; i < m; i++)
    for (let c = 0; c < CLASSES; c++) {
      let sum = 0;
      const row = c * (size + p);
      for (let k = 0; k < size; k++) sum += features[i * size + k] * lastLayer[row + k];
      for (let k = 0; k < p; k++) sum += near[i * p + k] * lastLayer[row + size + k];
      logits[i * CLASSES + c] = sum;
    }
  return softmaxRows(logits, CLASSES);
}

// (N, 11) probabilities -> readings: 0..9, or NO_DIGIT if refused.
export function answersOf(probs, rejectAt) {
  return Array.from({ length: probs.length / CLASSES }, (_, i) => {
    const row = probs.subarray(i * CLASSES, (i + 1) * CLASSES);
    return row[NO_DIGIT] >= rejectAt ? NO_DIGIT : bestDigit(row);
  });
}

export function bestDigit(row) {
  let best = 0;
  for (let k = 1; k < NO_DIGIT; k++) if (row[k] > row[best]) best = k;
  return best;
}
