// Read a picture row by row: find its layout, recognize each row as a whole, decode it, compose the reading. Like
// `inkling.pipeline.row_reader`, but only for pictures without a comb or a table.

import { composeEmpty, doubted, withWarnings } from "../compose.js";
import { LINE_RECOGNIZER, ROW_READER as CONFIG } from "../config.js";
import { roundEven } from "../image/numbers.js";
import { tooMuch } from "../quality.js";
import { alignment } from "./alignment.js";
import { decodeRow, greedyText, textsOfMoreViews, textsOfOneView } from "./decoded_row.js";
import { findLayout } from "./find_layout.js";
import { readLineRow } from "./line_row.js";
import { composeRows } from "./row_result.js";
import { rowTile } from "./row_tiles.js";
import { pooled } from "./second_opinion.js";

const REPORTED = ["edge", "text"]; // kinds of ignored ink that a reading reports; it does not report ruled lines

// A grayscale picture, { data: Uint8Array, width, height }, upright and possibly downscaled -> its reading by rows,
// with the fields of the HTTP answer, `rows`: the `alignment` of each row, and `is_page`: whether a sheet was found on
// a desk.
//
// `recognise`: a line image, { data: Float32Array, width, height: 32 } -> (width / 4) * 22 numbers, the line network's
// softmax. `classify`: tiles of 28x28, one after another -> { probs, notDigit }, calibrated. `manifest`: the line network's.
// `size`: width and height of the picture before it was downscaled.
export async function readRows(picture, { recognise, classify, manifest, sureAt = manifest.sure_at, size }) {
  size ??= [picture.width, picture.height];
  const layout = findLayout(picture);
  if (layout.tooMuch) {
    const nothing = { ...composeEmpty(size), outcome: "not_digit" };
    return { ...withWarnings(nothing, [tooMuch(layout.tooMuch)]), rows: [], is_page: layout.isPage };
  }
  const toOriginal = [size[0] / picture.width, 0, 0, 0, size[1] / picture.height, 0, 0, 0, 1];
  const isReadAgain = layout.rows.length <= CONFIG.max_read_again;
  const recognized = (row, isSearched) => recognizedRow(row, { toOriginal, recognise, manifest, isSearched });
  let found = [];
  for (const row of layout.rows) found.push(await recognized(row, isReadAgain));
  let other = ""; // a different reading of the only row in a second view
  if (!found.length || !isCertain(found[0])) {
    const whole = layout.whole();
    if (whole) [found, other] = surer(found, await recognized(whole, true));
  }
  const rows = [];
  for (const { row, texts } of found) {
    rows.push(decodeRow(row, isReadAgain ? await judged(row, texts, { classify, manifest }) : texts));
  }
  const others = layout.ignored
    .filter(({ kind }) => REPORTED.includes(kind))
    .map(({ kind, box }) => ({ kind, box: scaledBox(box, toOriginal) }));
  let reading = composeRows(rows, { sureAt, size, others });
  if (other) {
    const doubt = `another view of the row looks like ${other}; check it by eye, or show only the number.`;
    reading = doubted(reading, doubt);
  }
  return { ...withTiles(reading, rows), rows: rows.map(alignment), is_page: layout.isPage };
}

// A row of the layout, read without changes: { row, texts }, its most probable digits. `isSearched`: search for other
// texts even if none is probable.
async function recognizedRow(row, { toOriginal, recognise, manifest, isSearched }) {
  const read = await readLineRow(row, toOriginal, recognise, manifest.temperature ?? 1);
  if (!isSearched) {
    const greedy = greedyText(read);
    if (greedy.prob < CONFIG.min_opinion) return { row: read, texts: [greedy] };
  }
  return { row: read, texts: textsOfOneView(read) };
}

// The digits of a doubtful row, read at more widths and combined with the classifier's opinion of each digit.
async function judged(row, texts, { classify, manifest }) {
  const ofViews = await textsOfMoreViews(row, texts);
  if (ofViews[0].prob >= LINE_RECOGNIZER.certain_at) return ofViews;
  return pooled(ofViews, row, classify, manifest.second_opinion);
}

const isCertain = ({ texts }) => texts[0].prob >= LINE_RECOGNIZER.certain_at;

// The more probable of two views of a picture's only row, and the reading of the other view if it differs.
//
// The layout may have removed a digit as a ruled line; the whole picture may show ink that is not part of the row.
function surer(rows, whole) {
  const prob = ({ texts }) => texts[0].prob;
  if (!rows.length) return [prob(whole) >= CONFIG.min_opinion ? [whole] : [], ""];
  const [first, second] = prob(whole) > prob(rows[0]) ? [whole, rows[0]] : [rows[0], whole];
  const textOf = ({ texts }) => texts[0].text.join("");
  const differs = textOf(second) !== textOf(first) && prob(second) >= CONFIG.min_opinion;
  return [[first], differs ? textOf(second) : ""];
}

// The reading with the tile of each digit; the digits are those of the rows in the same order.
function withTiles(reading, rows) {
  const owners = rows.flatMap((row) => [...row.text].map(() => row.row));
  const digits = reading.digits.map((digit, i) => ({ ...digit, tile: rowTile(owners[i], digit.box) }));
  return { ...reading, digits };
}

// A box in pixels of the downscaled picture -> the box in pixels of the upright picture.
function scaledBox([x, y, w, h], [fx, , , , fy]) {
  return [Math.trunc(x * fx), Math.trunc(y * fy), Math.max(1, roundEven(w * fx)), Math.max(1, roundEven(h * fy))];
}
