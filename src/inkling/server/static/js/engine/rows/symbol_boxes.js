// Find the box of each symbol of a line image, from the columns to which CTC aligned it and from the ink there.
//
// A network outputs a symbol in only one or two columns somewhere within the symbol. So the ink between two such
// outputs is divided at the column with the least ink. Like `inkling.pipeline.symbol_boxes`.

import { SYMBOL_BOXES as CONFIG } from "../config.js";

// The ink of a line image, { data: Float32Array, width, height }, and the columns of n symbols from left to right ->
// n boxes x, y, w, h in pixels of the image, not always whole numbers.
//
// `spans`: each symbol's first column and last + 1; a column is `columnPx` wide. A symbol without visible ink gets a
// narrow box of the image's height.
export function symbolBoxes(ink, spans, columnPx) {
  const { data, width: w, height: h } = ink;
  const profile = new Float32Array(w);
  for (let y = 0; y < h; y++) for (let x = 0; x < w; x++) profile[x] += data[y * w + x];
  const centers = spans.map(([start, end]) => Math.min((columnPx * (start + end)) / 2, w - 1));
  const divisions = centers.slice(1).map((right, i) => division(profile, centers[i], right));
  const reach = CONFIG.max_reach * h;
  return centers.map((center, i) => {
    const first = Math.max(i ? divisions[i - 1] : 0, Math.trunc(center - reach));
    const last = Math.min(i < divisions.length ? divisions[i] : w, Math.trunc(center + reach) + 1);
    const run = runAt(ink, first, last, center);
    if (!run) return [Math.max(center - columnPx / 2, 0), 0, columnPx, h];
    const [x, right] = run;
    const inked = [...Array(h).keys()].filter((y) =>
      data.subarray(y * w + x, y * w + right).some((value) => value > CONFIG.ink_threshold),
    );
    return [x, inked[0], right - x, inked.at(-1) + 1 - inked[0]];
  });
}

// The ink of a line image minus, in each row of pixels, the level that nearly every column has, which is a ruled line.
export function withoutRules({ data, width, height }) {
  const place = Math.trunc(CONFIG.rule_share * width);
  const ink = new Float32Array(data.length);
  for (let y = 0; y < height; y++) {
    const row = data.subarray(y * width, (y + 1) * width);
    const level = Math.max(row.slice().sort()[place], 0);
    for (let x = 0; x < width; x++) ink[y * width + x] = row[x] - level;
  }
  return { data: ink, width, height };
}

// The column with the least ink between two symbols; the middle between them is slightly preferred.
function division(profile, left, right) {
  const start = Math.ceil(left);
  const end = Math.trunc(right) + 1;
  let best = start;
  let least = Infinity;
  for (let x = start; x < end; x++) {
    const cost = profile[x] + CONFIG.off_middle_cost * Math.abs(x - (left + right) / 2);
    if (cost < least) [best, least] = [x, cost];
  }
  return best;
}

// The run of inked columns nearest to `center` between two columns, including small gaps: first and last + 1.
function runAt({ data, width, height }, first, last, center) {
  const runs = [];
  for (let x = first; x < last; x++) {
    let isInked = false;
    for (let y = 0; y < height && !isInked; y++) isInked = data[y * width + x] > CONFIG.ink_threshold;
    if (!isInked) continue;
    if (runs.length && x - runs.at(-1)[1] <= CONFIG.max_gap_px + 1) runs.at(-1)[1] = x;
    else runs.push([x, x]);
  }
  const away = ([start, end]) => Math.max(start - center, center - end, 0);
  const nearest = runs.reduce((best, run) => (best && away(best) <= away(run) ? best : run), null);
  return nearest && [nearest[0], nearest[1] + 1];
}
