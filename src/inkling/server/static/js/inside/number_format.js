// Number formats: with a true minus sign, and rounded so that shown sums add up.

const MINUS = "\u2212";

export function plain(value, digits = 2) {
  const text = Math.abs(value).toFixed(digits);
  return value < 0 && Number(text) !== 0 ? MINUS + text : text;
}

export function signed(value, digits = 2) {
  const text = plain(value, digits);
  return text.startsWith(MINUS) ? text : `+${text}`;
}

// `value` rounded as it is shown.
export function rounded(value, digits = 2) {
  return Math.round(value * 10 ** digits) / 10 ** digits;
}

// Ten or eleven probabilities that sum to 1 -> percentages that sum to exactly 100.00 (largest remainder), none of which
// is 100.00: nothing is certain.
export function percents(shares) {
  const units = 10000;
  const floors = shares.map((share) => Math.floor(share * units));
  let left = units - floors.reduce((sum, floor) => sum + floor, 0);
  const order = [...shares.keys()].sort((a, b) => shares[b] * units - floors[b] - (shares[a] * units - floors[a]));
  for (let i = 0; left > 0; i++) {
    const at = order[i % order.length];
    if (floors[at] >= units - 1) continue;
    floors[at]++;
    left--;
  }
  if (floors.includes(units)) {
    const all = floors.indexOf(units);
    floors[all]--;
    floors[order.find((at) => at !== all)]++;
  }
  return floors.map((floor) => (floor / 100).toFixed(2));
}

// One probability, as in "99.8 %"; never 100 %.
export function percent(share) {
  if (share < 0.99) return `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`;
  return `${Math.min(Math.floor(share * 1000) / 10, 99.9).toFixed(1)} %`;
}

export function place(pixel, side = 28) {
  return `row ${Math.floor(pixel / side) + 1}, column ${(pixel % side) + 1}`;
}
