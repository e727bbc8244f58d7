// A second opinion on the digits of a row: the classifier reads each of them separately.
//
// The line network sees the whole row, but the classifier, which sees one digit at a time, is more accurate for nearly
// every digit. A log-linear model combines both (a logarithmic opinion pool: Heskes, "Selecting Weighting Factors in
// Logarithmic Opinion Pools", 1998). Like `inkling.pipeline.second_opinion`, but only for rows without cells.

import { SECOND_OPINION as CONFIG } from "../config.js";
import { normalizeCrop } from "../normalize.js";
import { sum } from "./numbers.js";

const TILE = 28 * 28;
const N_DIGITS = 10;
const UNTAUGHT = { line: 1, digits: 0, length: 0 }; // without weights in the manifest, the classifier is not used

// Texts of one row combined with the classifier's opinion of their digits, the best first; their total probability is
// unchanged.
//
// Texts much less probable than the best are left out, because no opinion could make them the best. `weights`:
// "second_opinion" in the manifest of the line network.
export async function pooled(texts, row, classify, weights) {
  const best = Math.max(...texts.map(({ prob }) => prob));
  const judged = texts.filter(({ prob }) => prob >= CONFIG.min_share * best);
  if (!judged.some(({ text }) => text.length)) return texts;
  const { line, digits, length } = { ...UNTAUGHT, ...weights };
  const logs = (await opinions(judged, row, classify)).map(
    (opinion) => line * opinion.line + digits * opinion.digits + length * opinion.length,
  );
  const probs = logs.map((log) => Math.exp(log - Math.max(...logs)));
  const scale = sum(texts.map(({ prob }) => prob)) / sum(probs);
  return judged.map(({ text }, i) => ({ text, prob: probs[i] * scale })).sort((a, b) => b.prob - a.prob);
}

// The features of each text: the logarithm of the line network's probability; the sum of the logarithms of the
// classifier's probabilities of its digits; the number of digits.
export async function opinions(texts, row, classify) {
  const boxes = new Map(); // texts share most of their boxes
  const own = texts.map(({ text }) =>
    row.lineBoxes(text).map((box) => {
      const whole = box.map(Math.trunc);
      if (!boxes.has(String(whole))) boxes.set(String(whole), { box: whole, at: boxes.size });
      return boxes.get(String(whole)).at;
    }),
  );
  const { probs, notDigit } = await classify(digitTiles(row.ink, [...boxes.values()].map(({ box }) => box)));
  return texts.map(({ text, prob }, i) => ({
    line: Math.log(Math.max(prob, 1e-300)),
    digits: sum(text.map((digit, k) => log(probs[own[i][k] * N_DIGITS + digit]) + log(1 - notDigit[own[i][k]]))),
    length: text.length,
  }));
}

// The logarithm of a probability, bounded below by the share of badly cut tiles.
const log = (prob) => Math.log(CONFIG.damaged + (1 - CONFIG.damaged) * prob);

// The ink of a line image and n boxes in it -> n tiles of 28x28, concatenated; all 0 for boxes without ink.
function digitTiles({ data, width }, boxes) {
  const tiles = new Float32Array(boxes.length * TILE);
  boxes.forEach(([x, y, w, h], i) => {
    const crop = new Float32Array(w * h);
    for (let v = 0; v < h; v++) {
      for (let u = 0; u < w; u++) {
        const ink = Math.min(Math.max(data[(y + v) * width + x + u] ?? 0, 0), 1);
        if (ink >= CONFIG.min_ink) crop[v * w + u] = ink;
      }
    }
    if (crop.some(Boolean)) tiles.set(normalizeCrop({ data: crop, width: w, height: h }).data ?? [], i * TILE);
  });
  return tiles;
}
