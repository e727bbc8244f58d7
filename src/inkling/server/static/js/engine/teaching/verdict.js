// Decides whether a new version of a hand is an improvement, and reports on it, like inkling.hands.verdict.
const MIN_HELD_BACK = 20; // lessons; with fewer, none is held out
const MIN_MISREAD = 8; // misread lessons; with fewer, held-out lessons show nothing
const LEAST_GAIN = 0.25; // share of the errors that must be corrected on held-out lessons
const Z = 1.959964; // of a 95 % confidence interval
export const LABELS = [..."0123456789", "none"]; // in the order of a classifier's outputs

// `before`: whether each lesson was read correctly.
export const canHoldBack = (before) => before.length >= MIN_HELD_BACK && before.filter((right) => !right).length >= MIN_MISREAD;

// The half of each lesson, 0 or 1: divided by session or, if those halves are too unequal, with the same mix of labels
// and of right and wrong answers.
export function halvesOf(lessons, before) {
  const sessions = Map.groupBy(lessons.keys(), (i) => lessons[i].session ?? "");
  const folds = new Array(lessons.length).fill(0);
  const sizes = [0, 0];
  for (const rows of [...sessions.values()].sort((a, b) => b.length - a.length)) {
    const fold = sizes[1] < sizes[0] ? 1 : 0;
    for (const i of rows) folds[i] = fold;
    sizes[fold] += rows.length;
  }
  if (Math.min(...sizes) >= lessons.length / 4) return folds;
  const keys = lessons.map(({ label, sha256 }, i) => `${label} ${before[i] ? 1 : 0} ${sha256}`);
  [...lessons.keys()].sort((a, b) => (keys[a] < keys[b] ? -1 : 1)).forEach((i, k) => (folds[i] = k % 2));
  return folds;
}

// `labels`, `before`, `after`, `heldBack` (or null): an index into LABELS for each lesson. -> { promoted, reason }
function verdictOf({ labels, before, after, heldBack }, guards) {
  const right = (read) => read.map((answer, i) => answer === labels[i]);
  const [was, is] = [right(before), right(after)];
  const [n, nBefore, nAfter] = [labels.length, count(was), count(is)];
  const failed = guards.find(({ ok }) => !ok);
  if (failed)
    return no(`ordinary writing would be read worse (${failed.about}: ${percent(failed.before)} before, ${percent(failed.after)} after). Check the labels.`);
  if (nBefore === n) return no(`the original network reads all ${n.toLocaleString("en")} lessons right.`);
  if (!heldBack) {
    if (nAfter <= nBefore || was.some((ok, i) => ok && !is[i]))
      return no(`of ${n.toLocaleString("en")} lessons ${nBefore} were right before, ${nAfter} after. Teach more.`);
    const counts = `${nAfter} of your ${n.toLocaleString("en")} digits; before, it read ${nBefore}`;
    const what = n === 1 ? "your digit; before, it did not" : counts;
    return { promoted: true, reason: `It now reads ${what}. Ordinary writing is read as before.` };
  }
  const nHeld = count(right(heldBack));
  const what = `of ${n.toLocaleString("en")} lessons, each held back in turn, ${nBefore} were right before and ${nHeld} after`;
  if (nHeld - nBefore < LEAST_GAIN * (n - nBefore)) return no(`${what}; at least a quarter of the errors should go. Check the labels.`);
  return yes(`${what}, and ordinary writing is read as before.`);
}

// The fields of a version, as in the hands API.
export function reportOf(lessons, outcome, guards) {
  const { labels, before, after, heldBack } = outcome;
  const share = (read) => {
    const right = count(read.map((answer, i) => answer === labels[i]));
    return { right, of: labels.length, interval: wilson(right, labels.length) };
  };
  return {
    ...verdictOf(outcome, guards),
    lessons: lessons.length,
    held_back: heldBack !== null,
    before: share(before),
    after: share(heldBack ?? after),
    changed: lessons.flatMap(({ id, label }, i) =>
      before[i] === after[i] ? [] : [{ lesson: id, label, before: LABELS[before[i]], after: LABELS[after[i]] }]),
    confusion: { before: confusion(labels, before), after: confusion(labels, after) },
    guards,
  };
}

function confusion(labels, read) {
  const pairs = Map.groupBy(labels.map((label, i) => `${label} ${read[i]}`), (pair) => pair);
  return [...pairs].map(([pair, { length }]) => [...pair.split(" ").map((i) => LABELS[i]), length]);
}

// The 95 % confidence interval of a rate (Wilson 1927).
function wilson(right, n) {
  if (n === 0) return [0, 1];
  const rate = right / n;
  const middle = (rate + (Z * Z) / (2 * n)) / (1 + (Z * Z) / n);
  const half = (Z / (1 + (Z * Z) / n)) * Math.sqrt((rate * (1 - rate)) / n + (Z * Z) / (4 * n * n));
  return [right === 0 ? 0 : middle - half, right === n ? 1 : middle + half];
}

const count = (flags) => flags.filter(Boolean).length;
const percent = (share) => `${(100 * share).toFixed(2)}%`;
const no = (what) => ({ promoted: false, reason: `Not promoted: ${what}` });
const yes = (what) => ({ promoted: true, reason: `Promoted: ${what}` });
