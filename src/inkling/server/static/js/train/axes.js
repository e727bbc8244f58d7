// Axes: the position of a value as a share of the axis, and the ticks.

const LOSSES = [0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 1000, 10000, 1e5, 1e6, 1e8];
const SHARES = [0.98, 0.95, 0.9, 0.8, 0.5, 0]; // possible starts of an axis
const SHARE_STEPS = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2]; // for each start, the step between ticks
const MOST_TICKS = 6;

// A logarithmic axis for the positive values; ticks are only at powers of ten if there would be more than MOST_TICKS.
export function lossAxis(values) {
  const found = values.filter((value) => value !== null && value > 0);
  const least = Math.max(LOSSES[0], Math.min(0.3, ...found));
  const most = Math.max(3, ...found);
  const low = LOSSES.findLast((value) => value <= least) ?? LOSSES[0];
  const high = LOSSES.find((value) => value >= most) ?? LOSSES.at(-1);
  const [from, to] = [Math.log(low), Math.log(high)];
  let ticks = LOSSES.filter((value) => value >= low && value <= high);
  if (ticks.length > MOST_TICKS) ticks = ticks.filter((value) => Number.isInteger(Math.log10(value)));
  return {
    part: (value) => clamp((Math.log(Math.max(value, 1e-9)) - from) / (to - from)),
    ticks: ticks.map((value) => ({ value, text: value >= 1000 ? value.toExponential(0) : String(value) })),
  };
}

// A linear axis from a round share below most values to 1; outliers from the first steps may be below it.
export function shareAxis(values) {
  const found = values.filter((value) => value !== null).sort((a, b) => a - b);
  const least = found[Math.floor(found.length / 20)] ?? 0;
  const begin = SHARES.findIndex((value) => value <= least);
  const [low, step] = [SHARES[begin], SHARE_STEPS[begin]];
  const ticks = Array.from({ length: Math.round((1 - low) / step) + 1 }, (_, i) => low + i * step);
  const digits = step < 0.01 ? 1 : 0;
  return {
    part: (value) => clamp((value - low) / (1 - low)),
    ticks: ticks.map((value) => ({ value, text: `${(value * 100).toFixed(digits)} %` })),
  };
}

// Ticks at whole epochs: at most nine for up to 400 epochs.
export function wholeTicks(epochs) {
  const step = [1, 2, 5, 10, 20, 50].find((each) => epochs / each <= 8) ?? 100;
  const ticks = [];
  for (let epoch = 0; epoch <= epochs; epoch += step) ticks.push(epoch);
  return ticks;
}

const clamp = (part) => Math.min(1, Math.max(0, part));
