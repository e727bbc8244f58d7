// The text of a row: its most probable digits, the most probable signs between them, and a box for each symbol. Like
// `decode_row` in `inkling.pipeline.recognized_row`.

import { COLUMNS, LINE_RECOGNIZER } from "../config.js";
import { median } from "../image/numbers.js";
import { withSymbolsBetween } from "./automaton.js";
import { fits, greedyDecode, keepSymbols, logLikelihood, substitutionProbs } from "./ctc.js";
import { sum } from "./numbers.js";
import { PrefixSearch } from "./prefix_search.js";
import { CLASSES, MARK, N_DIGITS } from "./symbols.js";

const MAJORITY = 0.5; // a text with a higher probability, given its digits, is the most probable one

// A row and its most probable digits, the best first -> { row, symbols, prob, signsProb, texts, text, written }.
//
// Whether a dot is a point, a comma or neither is less certain than the digits, so the digits are decoded first, with
// probabilities summed over all signs between them. `prob`: the probability of the digits, with any signs; `signsProb`:
// that of the signs and marks, given the digits; `text`: the digits only; `written`: the digits with signs.
export function decodeRow(row, texts) {
  const { columns } = row;
  const text = greedyDecode(columns);
  if (String(digitsOf(text)) === String(texts[0].text)) {
    const signsProb = signsProbOf(columns, text);
    if (signsProb > MAJORITY) return decoded(row, text, texts, signsProb);
  }
  const search = new PrefixSearch(columns, withSymbolsBetween(texts[0].text, N_DIGITS, columns.c - 1));
  const [best] = search.nBest(1);
  return decoded(row, best.text, texts, best.prob / search.accepted);
}

// The most probable digits of the unmodified row, the best first; only one text if it is certain.
export function textsOfOneView(row) {
  const greedy = greedyText(row);
  if (greedy.prob >= LINE_RECOGNIZER.certain_at) return [greedy];
  return new PrefixSearch(keepSymbols(row.columns, N_DIGITS)).nBest();
}

// The digits found by greedy decoding: nearly always the best of `textsOfOneView`.
export function greedyText(row) {
  const columns = keepSymbols(row.columns, N_DIGITS);
  const text = greedyDecode(columns);
  return { text, prob: Math.exp(logLikelihood(columns, text)) };
}

// The texts of `textsOfOneView` with probabilities averaged over more views of the row: test-time augmentation.
//
// A certain text is unchanged.
export async function textsOfMoreViews(row, texts) {
  const views = texts[0].prob < LINE_RECOGNIZER.certain_at ? await row.moreViews() : [];
  if (!views.length) return texts;
  const ofDigits = [row.columns, ...views].map((view) => keepSymbols(view, N_DIGITS));
  const proposed = [...texts.map(({ text }) => text), ...ofDigits.slice(1).map(greedyDecode)];
  return [...new Map(proposed.map((text) => [String(text), text])).values()]
    .filter((text) => fits(text, row.columns.t))
    .map((text) => ({
      text,
      prob: sum(ofDigits.map((view) => Math.exp(logLikelihood(view, text)))) / ofDigits.length,
    }))
    .sort((a, b) => b.prob - a.prob);
}

function decoded(row, text, texts, signsProb) {
  const { prob } = texts[0];
  const given = substitutionProbs(row.columns, text);
  const boxes = row.boxes(text);
  const symbols = text.map((k, i) => symbolOf(k, given[i], boxes[i], k < N_DIGITS ? prob : prob * signsProb));
  return {
    row,
    symbols,
    prob,
    signsProb,
    texts,
    text: symbols.filter(isDigit).map(({ name }) => name).join(""),
    written: writtenOf(symbols),
  };
}

export const isDigit = ({ number }) => number < N_DIGITS;

const digitsOf = (text) => text.filter((k) => k < N_DIGITS);

// The probability of a text given its digits, 0..1.
function signsProbOf(columns, text) {
  const ofDigits = logLikelihood(keepSymbols(columns, N_DIGITS), digitsOf(text));
  return Math.exp(Math.min(0, logLikelihood(columns, text) - ofDigits));
}

// A symbol, from the probabilities of all symbols at its position. Its confidence is at least `least`, that of the
// whole text.
//
// `shares`: the probabilities of all symbols at its position; `probs`: those of the ten digits; `notDigit`: the
// probability that it is a sign or a mark.
function symbolOf(number, ofPlace, box, least) {
  if (ofPlace[number] < least) {
    const factor = (1 - least) / (1 - ofPlace[number]);
    ofPlace = ofPlace.map((prob) => prob * factor);
    ofPlace[number] = least;
  }
  const digits = [...ofPlace.subarray(0, N_DIGITS)].map((prob) => Math.max(prob, 1e-30));
  const share = sum(digits);
  return {
    number,
    name: CLASSES[number],
    confidence: ofPlace[number],
    shares: ofPlace,
    probs: digits.map((prob) => prob / share),
    notDigit: Math.max(0, 1 - share),
    box,
  };
}

// The digits and signs, with a tab between two numbers that are far apart.
function writtenOf(symbols) {
  const heights = symbols.filter(isDigit).map(({ box }) => box[3]);
  const shown = symbols.filter(({ name }) => name !== MARK);
  const isApart = (left, right) =>
    heights.length > 0 && right.box[0] - left.box[0] - left.box[2] > COLUMNS.max_gap * median(heights);
  return shown.map((one, i) => (i && isApart(shown[i - 1], one) ? `\t${one.name}` : one.name)).join("");
}
