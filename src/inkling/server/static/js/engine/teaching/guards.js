// Checks that ordinary writing is read as before, and fits a taught layer's temperature, like inkling.hands.guards.
import { bestDigit, CLASSES, NO_DIGIT } from "./replay.js";

const GUARDS = [
  { name: "mnist-validation", about: "MNIST's validation images misread", set: "plain", allowed: 0.0005, wrong: isMisread },
  { name: "varied", about: "other hands and forms misread", set: "varied", allowed: 0.002, wrong: isMisread },
  { name: "digits-refused", about: "MNIST's validation images refused", set: "plain", allowed: 0.0005, wrong: isRefused },
  { name: "non-digits-accepted", about: "non-digits taken for digits", set: "others", allowed: 0.01, wrong: isAccepted },
];
const WIDTH = 1e-4; // of the interval for the logarithm of a temperature at which the search ends
const LEAST = 1e-12;

function isMisread(row, label) {
  return bestDigit(row) !== label;
}

function isRefused(row, label, rejectAt) {
  return row[NO_DIGIT] >= rejectAt;
}

function isAccepted(row, label, rejectAt) {
  return row[NO_DIGIT] < rejectAt;
}

// Probabilities (N, 11) for the replayed images before and after teaching -> [{ name, about, n, before, after, limit,
// ok }]; `before`, `after` and `limit` are shares.
export function checked(replay, before, after, rejectAt) {
  return GUARDS.map(({ name, about, set, allowed, wrong }) => {
    const rows = [...replay.sets.keys()].filter((i) => replay.sets[i] === set);
    const n = rows.reduce((sum, i) => sum + replay.weights[i], 0);
    const share = (probs) =>
      rows.reduce((sum, i) => sum + (wrong(rowOf(probs, i), replay.labels[i], rejectAt) ? replay.weights[i] : 0), 0) / n;
    const [was, is] = [share(before), share(after)];
    return { name, about, n: Math.round(n), before: was, after: is, limit: was + allowed, ok: is <= was + allowed + 1e-9 };
  });
}

// The network's temperature, scaled by the factor by which teaching changes the temperature that fits the digits best.
export function temperatureOf(replay, before, after, fitted) {
  const rows = [...replay.labels.keys()].filter((i) => replay.labels[i] < NO_DIGIT);
  const [was, is] = [before, after].map((probs) => fittedTemperature(probs, rows, replay));
  return Math.round(((fitted * is) / was) * 1e4) / 1e4;
}

const rowOf = (probs, i) => probs.subarray(i * CLASSES, (i + 1) * CLASSES);

// The temperature with the lowest cross-entropy, by golden-section search on its logarithm.
function fittedTemperature(probs, rows, { labels, weights }) {
  const logs = rows.map((i) => Array.from(rowOf(probs, i).subarray(0, NO_DIGIT), (p) => Math.log(Math.max(p, LEAST))));
  const loss = (logTemperature) => {
    const inverse = Math.exp(-logTemperature);
    return logs.reduce((sum, row, k) => {
      let total = 0;
      for (const value of row) total += Math.exp(value * inverse);
      return sum + weights[rows[k]] * (Math.log(total) - row[labels[rows[k]]] * inverse);
    }, 0);
  };
  return Math.exp(goldenSection(loss, Math.log(0.05), Math.log(20)));
}

function goldenSection(loss, low, high) {
  const ratio = (Math.sqrt(5) - 1) / 2;
  let [a, b] = [high - ratio * (high - low), low + ratio * (high - low)];
  let [atA, atB] = [loss(a), loss(b)];
  while (high - low > WIDTH) {
    if (atA < atB) {
      [high, b, atB] = [b, a, atA];
      a = high - ratio * (high - low);
      atA = loss(a);
    } else {
      [low, a, atA] = [a, b, atB];
      b = low + ratio * (high - low);
      atB = loss(b);
    }
  }
  return (low + high) / 2;
}
