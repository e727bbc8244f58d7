// An explanation in plain words. The places are named as in inkling.explain.words.

const SIDE = 28;
const FAINT = 0.1; // ink: a pixel with less is paper
const MIN_SHOWN = 0.5; // points: a smaller effect is not worth a sentence
const WIDE = 1e6; // times: beyond it, no number helps

// "a 7", "an 8".
export function a(digit) {
  return digit === 8 ? "an 8" : `a ${digit}`;
}

// Why `digit` and not `rival`, in two or three sentences.
export function sentenceOf({ digit, rival, lead, points, missing }, tile) {
  const [ahead, behind] = lead >= 0 ? [digit, rival] : [rival, digit];
  const start =
    Math.abs(lead) < MIN_SHOWN
      ? `To this network ${a(digit)} and ${a(rival)} are nearly as probable as each other here.`
      : `To this network ${a(ahead)} is ${times(lead)} as probable as ${a(behind)} here.`;
  return [start, ofInk({ digit, rival, points }, tile), ofPaper({ digit, rival, missing }, tile)].filter(Boolean).join(" ");
}

// Points -> how many times as probable, in words.
export function times(points) {
  const ratio = Math.exp(Math.min(Math.abs(points), 30));
  if (ratio >= WIDE) return "over a million times";
  if (ratio < 10) return `${ratio.toFixed(1)} times`;
  return `${Number(ratio.toPrecision(2)).toLocaleString("en")} times`;
}

function ofInk({ digit, rival, points }, tile) {
  const best = strongest(points, 1, tile);
  const worst = strongest(points, -1, tile);
  if (best && worst && best !== worst) return `The ink ${best} speaks most for ${digit}, the ink ${worst} for ${rival}.`;
  if (best) return `The ink ${best} speaks most for ${digit}.`;
  if (worst) return `The ink ${worst} speaks most for ${rival}.`;
  return "";
}

// Paper counts too: a 4 is open at the top, a 9 is not.
function ofPaper({ digit, rival, missing }, tile) {
  const low = missing.reduce((least, gain) => Math.min(least, gain), 0);
  if (low > -MIN_SHOWN) return "";
  return `That the paper ${placeOf(missing, -1, tile)} is empty speaks for ${digit}, too: ink there would help ${rival} most.`;
}

function strongest(points, sign, tile) {
  const sum = points.reduce((total, point) => total + Math.max(0, sign * point), 0);
  return sum >= MIN_SHOWN ? placeOf(points, sign, tile) : "";
}

// Where most of the values of one sign lie, seen from the digit: "at the top left", "in the middle".
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
