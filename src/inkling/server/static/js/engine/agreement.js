// Combine the two ways of reading: separate digits read one by one, and rows read as a whole.
//
// A clean single digit needs no row. In a row, a glyph that the classifier is sure of is a second opinion on the symbol
// at the same position. A glyph that is about as tall as the digits but mostly not covered by symbols of the row is
// unexplained ink. Like `inkling.pipeline.agreement`, but only for pictures without cells.

import { doubted, withOthers, withWarnings } from "./compose.js";
import { AGREEMENT as CONFIG } from "./config.js";
import { median } from "./image/numbers.js";

// The answer from two readings of one image: by rows, and glyph by glyph.
//
// `complete`: nearly all ink belongs to the glyphs; if it does not, or if a page on a desk was found, the classifier
// does not see all of the ink. For a single digit, the classifier's reading is used, unless other ink hides the digit
// and the row is sure. If no ink stands out, improbable rows are texture. Everything else is read by rows, unless the
// rows have no digit but the glyphs do, or the glyphs are complete and agree or are more probable. The reading by rows
// is doubted if it contradicts or misses a glyph.
export function agreed(rows, glyphs, { complete: ownsInk }) {
  const complete = ownsInk && !rows.is_page;
  const isTexture = glyphs.outcome === "empty" && rows.confidence < CONFIG.min_faint_confidence;
  const isSingle = rows.digits.length === 1 && glyphs.digits.length < 2;
  if (isTexture || (isSingle && (complete || glyphs.digits.length || rows.outcome !== "read"))) return glyphs;
  if (!rows.digits.length) {
    if (glyphs.digits.length && !rows.warnings.some(({ code }) => code === "many")) return glyphs;
    return rows.warnings.length ? rows : withWarnings(rows, glyphs.warnings);
  }
  if (complete && isLikelier(glyphs, rows)) {
    if (glyphs.text === rows.text || glyphs.digits.length + glyphs.others.length === 1) return glyphs;
    return doubted(glyphs, `read as one row, it looks like ${rows.text.split("\n")[0]}; check it by eye.`);
  }
  const missed = missedGlyphs(rows, glyphs);
  let reading = missed.length ? withOthers(rows, missed) : rows;
  const [contradiction] = contradictions(rows, glyphs);
  if (contradiction) {
    const { digit, glyph } = contradiction;
    const doubt = `the row reads ${digit} where the digit alone looks like ${glyph}; check it by eye.`;
    reading = doubted(reading, doubt);
  }
  return warned(reading, glyphs.warnings);
}

// The reading by rows with the warnings about the glyphs. The glyphs of a comb, a ruled page or patterned paper may
// look like text.
//
// So the "page" warning is dropped if the rows are sure, and only makes them doubtful if they are probable.
function warned(rows, all) {
  const warnings = all.filter(({ code }) => code !== "page" || rows.outcome !== "read");
  if (warnings[0]?.code === "page" && rows.confidence >= CONFIG.min_faint_confidence) {
    return { ...doubted(rows, warnings[0].text), warnings };
  }
  return withWarnings(rows, warnings);
}

// Whether glyphs that hold nearly all ink are the better answer: they agree with rows that have no other ink, such as
// signs, or they are at least as probable.
function isLikelier(glyphs, rows) {
  if (glyphs.outcome === "read" && glyphs.text === rows.text) return !rows.others.length;
  const isOne = glyphs.digits.length + glyphs.others.length === 1;
  return (isOne || glyphs.outcome === "read") && glyphs.confidence >= rows.confidence;
}

// The digits of rows for which the classifier is sure of another digit at the same position: { digit, glyph }.
function contradictions(rows, glyphs) {
  const sure = glyphs.digits.filter((glyph) => glyph.sure);
  return rows.digits.flatMap(({ digit, box }) =>
    sure
      .filter((glyph) => {
        const common = commonArea(box, glyph.box);
        return common >= CONFIG.min_common * (area(box) + area(glyph.box) - common) && glyph.digit !== digit;
      })
      .map((glyph) => ({ digit, glyph: glyph.digit })),
  );
}

// Glyphs about as tall as the rows' digits, or taller, of which the rows' symbols cover less than half.
function missedGlyphs(rows, glyphs) {
  const height = median(rows.digits.map(({ box }) => box[3]));
  const symbols = boxesOf(rows);
  return boxesOf(glyphs)
    .filter((box) => box[3] >= CONFIG.min_height * height)
    .filter((box) => {
      const covered = symbols.reduce((total, symbol) => total + commonArea(box, symbol), 0);
      return covered < CONFIG.min_covered * area(box);
    })
    .map((box) => ({ kind: "refused", box }));
}

const boxesOf = ({ digits, others }) => [...digits, ...others].map(({ box }) => box);

const area = ([, , w, h]) => w * h;

// The area in pixels in which two boxes overlap.
function commonArea([x, y, w, h], [left, top, width, height]) {
  const common = (start, side, otherStart, otherSide) =>
    Math.max(Math.min(start + side, otherStart + otherSide) - Math.max(start, otherStart), 0);
  return common(x, w, left, width) * common(y, h, top, height);
}
