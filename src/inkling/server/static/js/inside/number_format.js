// Number formats: with a true minus sign, and rounded so that displayed sums add up.

const MINUS = "\u2212";

export function plain(value, digits = 2) {
  const text = Math.abs(value).toFixed(digits);
  return value < 0 && Number(text) !== 0 ? MINUS + text : text;
}

export function signed(value, digits = 2) {
  const text = plain(value, digits);
  return text.startsWith(MINUS) ? text : `+${text}`;
}

// `value` rounded as displayed.
export function rounded(value, digits = 2) {
  return Math.round(value * 10 ** digits) / 10 ** digits;
}

// Ten or eleven probabilities that sum to 1 -> percentages that sum to exactly 100.00 (largest remainder method). A
// share of 99 % or more is rounded down, as in how_sure.js, so that no two numbers on the page disagree.
export function percents(shares) {
  const units = 10000;
  const floors = shares.map((share) => Math.floor(share * units));
  let left = units - floors.reduce((sum, floor) => sum + floor, 0);
  const order = [...shares.keys()]
    .filter((at) => shares[at] < 0.99)
    .sort((a, b) => shares[b] * units - floors[b] - (shares[a] * units - floors[a]));
  for (let i = 0; left > 0; i++, left--) floors[order[i % order.length]]++;
  const all = floors.indexOf(units);
  if (all >= 0) [floors[all], floors[order[0]]] = [units - 1, 1]; // nothing is certain
  return floors.map((floor) => (floor / 100).toFixed(2));
}

export function place(pixel, side = 28) {
  return `row ${Math.floor(pixel / side) + 1}, column ${(pixel % side) + 1}`;
}
