// Explains the reading of a row: the columns of the line network that give each symbol, and the probability of each
// rival at its position.

import { LINE_IMAGE } from "../config.js";
import { align } from "./ctc.js";
import { asWritten, CLASSES } from "./symbols.js";

const NAMED_RIVALS = 5; // the most probable other symbols at a position

// A decoded row -> plain values for a page:
//
// - `text`, `written`, `prob`, `signs_prob`: the reading, without and with signs; the probability of the digits, and of
//   the signs given the digits
// - `texts`: the most probable digits, { text, prob }, the best first
// - `image`: the line image, { width, height, data: Uint8ClampedArray }, 255 = ink; `column_px`: pixels per column
// - `classes`: names of the symbols, the blank last; `columns`: (t * classes) probabilities of each column
// - `symbols`: from left to right, each with
//   - `name`, `confidence`, and `box`, in pixels of the picture
//   - `columns`: [first, last + 1], its columns in the most probable alignment of the text (Viterbi), and
//     `peak`: the one of these columns where the symbol is most probable
//   - `line_box`: x, y, w, h in pixels of the line image
//   - `shares`: of each class at this position, with the rest of the text unchanged; they sum to 1
//   - `rivals`: { name, share } of the most probable other classes
export function alignment({ row, symbols, prob, signsProb, texts, text, written }) {
  const numbers = symbols.map(({ number }) => number);
  const spans = numbers.length ? align(row.columns, numbers) : [];
  const lineBoxes = row.lineBoxes(numbers);
  return {
    text,
    written,
    prob,
    signs_prob: signsProb,
    texts: texts.map((one) => ({ text: asWritten(one.text), prob: one.prob })),
    image: levelsOf(row.image),
    column_px: LINE_IMAGE.width_step_px,
    classes: [...CLASSES, ""],
    columns: Float32Array.from(row.columns.data),
    symbols: symbols.map(({ number, name, confidence, shares, box }, i) => ({
      name,
      confidence,
      box,
      columns: spans[i],
      peak: peakOf(row.columns, number, spans[i]),
      line_box: lineBoxes[i],
      shares: Float32Array.from(shares),
      rivals: rivalsOf(shares, number),
    })),
  };
}

// The column of a range where a symbol is most probable.
function peakOf({ data, c }, number, [first, end]) {
  let best = first;
  for (let i = first + 1; i < end; i++) if (data[i * c + number] > data[best * c + number]) best = i;
  return best;
}

function rivalsOf(shares, number) {
  return [...shares.keys()]
    .filter((k) => k !== number)
    .sort((a, b) => shares[b] - shares[a])
    .slice(0, NAMED_RIVALS)
    .map((k) => ({ name: CLASSES[k], share: shares[k] }));
}

function levelsOf({ data, width, height }) {
  return { width, height, data: Uint8ClampedArray.from(data, (ink) => 255 * ink) };
}
