// Compose the reading: probabilities -> the answer and reasons to doubt it. Like `inkling.pipeline.result`. A reading
// has the fields of the HTTP answer: { outcome, text, written, confidence, digits, size, reason, others, warnings }. A
// digit has the fields of the answer's digits; a refused glyph has the same fields and a `kind`.

import { RESULT as CONFIG, TEXT_PAGE } from "./config.js";

const UNEXPLAINED = ["mark", "refused"]; // kinds of unexplained ink, where a digit may be missing

// The calibrated prediction for the boxes in `lines`, in the same order -> a reading. A digit is sure if its confidence
// times the probability that it is a digit is at least `sureAt`. A glyph is refused if the probability that it is not a
// digit is at least `rejectAt`; 1 means that the network cannot refuse.
export function compose({ probs, notDigit }, lines, { sureAt, rejectAt = 1, size }) {
  const boxes = lines.flat();
  if (!boxes.length) return composeEmpty(size);
  const glyphs = boxes.map((box, i) => mostProbableDigit(probs.subarray(10 * i, 10 * i + 10), notDigit[i], box, sureAt));
  const isRefused = (glyph) => rejectAt < 1 && glyph.not_digit >= rejectAt;
  const others = glyphs.filter(isRefused).map(refused);
  let next = 0;
  const kept = lines.map((line) => line.map(() => glyphs[next++]).filter((glyph) => !isRefused(glyph)));
  const digits = kept.flat();
  if (!digits.length) return composeWithoutDigits(others, size);
  const text = kept.filter((line) => line.length).map((line) => line.map(({ digit }) => digit).join("")).join("\n");
  const sureness = ({ confidence, not_digit }) => confidence * (1 - not_digit);
  const confidence = digits.reduce((product, digit) => product * sureness(digit), 1);
  const reading = { outcome: "read", text, written: text, confidence, digits, size, reason: "", others, warnings: [] };
  const leastSure = digits.reduce((least, digit) => (sureness(digit) < sureness(least) ? digit : least));
  return judged(reading, reasonUnsure([leastSure], digits.length), { sureAt });
}

// A box clipped to an image, at least one pixel wide and high.
export function inside([x, y, w, h], [width, height]) {
  const [left, top] = [Math.min(Math.max(x, 0), width - 1), Math.min(Math.max(y, 0), height - 1)];
  return [left, top, Math.max(1, Math.min(x + w, width) - left), Math.max(1, Math.min(y + h, height) - top)];
}

// The reading with additional ink that is not a digit; unexplained ink makes the reading doubtful.
export function withOthers(reading, others) {
  const more = { ...reading, others: [...reading.others, ...others] };
  const n = others.filter(({ kind }) => UNEXPLAINED.includes(kind)).length;
  return n && reading.outcome === "read" ? doubted(more, reasonLeftOut(n)) : more;
}

// The reading, doubted for a reason other than its probabilities. The outcome "read" becomes "unsure" with half the
// confidence, because word and number must not contradict each other.
export function doubted(reading, reason) {
  const factor = reading.outcome === "read" ? CONFIG.right_despite_doubt : 1;
  return { ...reading, outcome: "unsure", confidence: factor * reading.confidence, reason };
}

// A reading whose outcome is "read" -> the reading, doubted if there is a reason. `otherText`: the reason for doubt if
// every digit is sure.
export function judged(reading, otherText, { sureAt }) {
  const unsure = reading.digits.filter(({ sure }) => !sure);
  const reason = unsure.length ? reasonUnsure(unsure, reading.digits.length) : otherText;
  let found = reading;
  if (reading.confidence < sureAt) found = { ...reading, outcome: "unsure", reason };
  else if (unsure.length) found = doubted(reading, reason);
  const unexplained = found.others.filter(({ kind }) => UNEXPLAINED.includes(kind)).length;
  return unexplained && found.outcome === "read" ? doubted(found, reasonLeftOut(unexplained)) : found;
}

// The reading of an image without ink.
export function composeEmpty(size) {
  return without("empty", [], size, "no ink was found; draw or photograph a digit, larger or darker.");
}

// The reading of an image with ink, but no digit.
export function composeWithoutDigits(others, size) {
  const what = others.length === 1 ? "this does not look" : `none of the ${others.length} marks looks`;
  const reason = `${what} like a digit; write 0 to 9 upright and whole, or show only the number.`;
  return without("not_digit", others, size, reason);
}

function without(outcome, others, size, reason) {
  return { outcome, text: "", written: "", confidence: 0, digits: [], size, reason, others, warnings: [] };
}

// Adds the image's warnings; unless the reading is sure, the first becomes the reason or a part of it. A page makes
// every reading doubtful; if most glyphs of a page of text or a pattern were refused, the few that resemble digits are
// too.
export function withWarnings(reading, warnings) {
  if (!warnings.length) return reading;
  const { digits, others, outcome } = reading;
  const [{ code, text }] = warnings;
  if (code === "page" && isMostlyRefused(reading)) {
    return { ...without("not_digit", [...digits.map(refused), ...others], reading.size, text), warnings };
  }
  if (outcome === "empty" || outcome === "not_digit") return { ...reading, reason: text, warnings };
  if (code === "page") return { ...doubted(reading, text), warnings };
  if (outcome === "unsure") return { ...reading, reason: `${reading.reason.split(";")[0]}; ${text}`, warnings };
  return { ...reading, warnings };
}

// Whether most glyphs of a page were refused; if there are many glyphs, unsure ones count as refused.
function isMostlyRefused({ digits, others }) {
  const n = digits.length + others.length;
  const accepted = digits.filter(({ sure }) => sure || n < TEXT_PAGE.min_glyphs).length;
  return n > 2 * accepted;
}

// Ten probabilities for a glyph, and the probability `notDigit` that it is not a digit -> a digit.
function mostProbableDigit(probs, notDigit, box, sureAt) {
  let best = 0;
  for (let digit = 1; digit < 10; digit += 1) if (probs[digit] > probs[best]) best = digit;
  const confidence = probs[best];
  const sure = confidence * (1 - notDigit) >= sureAt;
  return { digit: best, confidence, sure, probs: Array.from(probs), box, not_digit: notDigit };
}

// A glyph marked as refused; its probabilities are kept.
export const refused = (glyph) => ({ ...glyph, kind: "refused" });

function reasonLeftOut(n) {
  const what = n === 1 ? "one mark was left out: it does" : `${n} marks were left out: they do`;
  return `${what} not look like a digit; check the picture by eye, or show only the number.`;
}

function reasonUnsure(unsure, n) {
  const [{ digit, probs }] = unsure;
  const others = probs.map((_, i) => i).filter((i) => i !== digit);
  const second = others.reduce((best, i) => (probs[i] >= probs[best] ? i : best));
  const which = n === 1 ? "it" : unsure.length === 1 ? "one digit" : `${unsure.length} of ${n} digits`;
  const verb = unsure.length === 1 ? "looks" : "are unclear; the first looks";
  return `${which} ${verb} like ${digit} but could be ${second}; write it more clearly or check it by eye.`;
}
