// An explanation in plain words, with the same names for places as inkling.explain.words.

import { ringsOf } from "./rings.js";

const SIDE = 28;
const FAINT = 0.1; // ink: a pixel with less is paper
const MIN_SHOWN = 0.5; // points: smaller effects are not mentioned
const WIDE = 1e6; // times: larger factors are not given as a number

// "a 7", "an 8".
export function a(digit) {
  return digit === 8 ? "an 8" : `a ${digit}`;
}

// Why `digit` and not `rival`, in one to three sentences.
export function sentenceOf({ digit, rival, lead, points, missing }, tile) {
  const [ahead, behind] = lead >= 0 ? [digit, rival] : [rival, digit];
  const start =
    Math.abs(lead) < MIN_SHOWN
      ? `To this network ${a(digit)} and ${a(rival)} are nearly as probable as each other here.`
      : `To this network ${a(ahead)} is ${times(lead)} as probable as ${a(behind)} here.`;
  return [start, ofInk({ digit, rival, points }, tile), ofPaper({ digit, rival, missing }, tile)].filter(Boolean).join(" ");
}

// A lead in points as a factor of probability, in words.
export function times(points) {
  const ratio = Math.exp(Math.min(Math.abs(points), 30));
  if (ratio >= WIDE) return "over a million times";
  if (ratio < 10) return `${ratio.toFixed(1)} times`;
  return `${Number(ratio.toPrecision(2)).toLocaleString("en")} times`;
}

function ofInk({ digit, rival, points }, tile) {
  const best = strongest(points, 1, tile);
  const worst = strongest(points, -1, tile);
  if (best && worst && best !== worst) return `The ink ${best} supports ${digit} most, the ink ${worst} supports ${rival}.`;
  if (best) return `The ink ${best} supports ${digit} most.`;
  if (worst) return `The ink ${worst} supports ${rival} most.`;
  return "";
}

// Empty paper is evidence too: a 4 is open at the top, but a 9 is not.
function ofPaper({ digit, rival, missing }, tile) {
  const strongest = ringsOf(missing).reduce((least, ring) => (ring.gain < least.gain ? ring : least), { gain: 0 });
  if (strongest.gain === 0) return "";
  const place = placeOf(missing.map((gain, i) => (i === strongest.i ? gain : 0)), -1, tile);
  return `Empty paper ${place.replace(/(top|bottom)$/, "$1 middle")} supports ${digit}: ink there would help ${rival} most.`;
}

function strongest(points, sign, tile) {
  const sum = points.reduce((total, point) => total + Math.max(0, sign * point), 0);
  return sum >= MIN_SHOWN ? placeOf(points, sign, tile) : "";
}

// Where most of the values of one sign are in the digit: "at the top left", "in the middle".
export function placeOf(values, sign, tile) {
  const inked = [...tile.keys()].filter((i) => tile[i] > FAINT);
  const third = (of) => {
    const [low, high] = inked.length ? [Math.min(...inked.map(of)), Math.max(...inked.map(of)) + 1] : [0, SIDE];
    return (i) => Math.min(2, Math.max(0, Math.floor((3 * (of(i) + 0.5 - low)) / (high - low))));
  };
  const [row, column] = [third((i) => Math.floor(i / SIDE)), third((i) => i % SIDE)];
  const sums = new Float64Array(9);
  values.forEach((value, i) => (sums[3 * row(i) + column(i)] += Math.max(0, sign * value)));
  const best = sums.indexOf(Math.max(...sums));
  const words = [["top", "", "bottom"][Math.floor(best / 3)], ["left", "", "right"][best % 3]].filter(Boolean).join(" ");
  return words ? `at the ${words}` : "in the middle";
}
