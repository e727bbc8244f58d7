// Compose the reading of rows: decoded rows -> the calibrated answer. Like `inkling.pipeline.row_result`.

import { composeEmpty, composeWithoutDigits, doubted, inside, judged } from "../compose.js";
import { RESULT as CONFIG } from "../config.js";
import { isDigit } from "./decoded_row.js";
import { asWritten, KINDS } from "./symbols.js";

// Decoded rows in reading order, and other ink found earlier -> a reading.
//
// `sureAt`: the lowest probability, 0..1, at which a text or a digit is sure. The confidence is that of the digits;
// doubtful signs make the reading unsure. A row without a digit is left out of the text; its signs are in `others`.
export function composeRows(rows, { sureAt, size, others = [] }) {
  const symbols = rows.flatMap((row) => row.symbols.map((one) => ({ ...one, box: inside(one.box, size) })));
  const digits = symbols.filter(isDigit).map((symbol) => digitOf(symbol, sureAt));
  const signs = symbols.filter((symbol) => !isDigit(symbol)).map(({ name, box }) => ({ kind: KINDS[name], box }));
  const found = [...signs, ...others.map((other) => ({ ...other, box: inside(other.box, size) }))];
  if (!found.length && !digits.length) return composeEmpty(size);
  if (!digits.length) return composeWithoutDigits(found, size);
  const withDigits = rows.filter(({ text }) => text);
  const composed = {
    outcome: "read",
    text: withDigits.map(({ text }) => text).join("\n"),
    written: withDigits.map(({ written }) => written).join("\n"),
    confidence: rows.reduce((product, { prob }) => product * prob, 1),
    digits,
    size,
    reason: "",
    others: found,
    warnings: [],
  };
  const reading = judged(composed, reasonOtherText(least(withDigits, ({ prob }) => prob)), { sureAt });
  const leastSure = least(withDigits, ({ signsProb }) => signsProb);
  if (reading.outcome === "read" && leastSure.signsProb < CONFIG.signs_sure_at) {
    return doubted(reading, `the signs in ${leastSure.written} are unclear; check them by eye.`);
  }
  return reading;
}

// A digit of a text, which is not always the most probable digit at its position.
function digitOf({ number, confidence, probs, notDigit, box }, sureAt) {
  return { digit: number, confidence: probs[number], sure: confidence >= sureAt, probs, box, not_digit: notDigit };
}

function reasonOtherText({ texts }) {
  const [first, ...rest] = texts.map(({ text }) => asWritten(text));
  const other = rest.find((text) => text !== first);
  const doubt = other === undefined ? `${first} is unclear` : `it looks like ${first} but could be ${other}`;
  return `${doubt}; write it more clearly or check it by eye.`;
}

const least = (rows, of) => rows.reduce((best, row) => (of(row) < of(best) ? row : best));
