// START HERE: the pipeline from an image to a reading, its stages in order, as in `inkling.pipeline.reader`.
//
//     prepared          decode -> binarize, which first crops to the page -> segment -> normalize
//     readGlyphs        classify -> test-time augmentation -> compose: separate digits
//     readRows          find the layout -> recognize each row -> decode it -> compose: everything else
//     agreed            choose one of the two as the answer, and find contradictions

import { preparedWithout } from "./ablation.js";
import { agreed } from "./agreement.js";
import { binarize } from "./binarize.js";
import { isComplete, mayBeOneDigit, spansPicture } from "./completeness.js";
import { compose, withWarnings } from "./compose.js";
import { decode } from "./decode.js";
import { roundEven } from "./image/numbers.js";
import { isOneLargeGlyph, normalizeGlyphs, SIDE } from "./normalize.js";
import { needsQualityCheck, qualityWarnings } from "./quality.js";
import { readRows } from "./rows/read_rows.js";
import { glyphsOf, segment } from "./segmentation.js";
import { withTestTimeAugmentation } from "./test_time_augmentation.js";

// A reader with one network for single digits and one for rows. Their results may be promises.
//
// `classify`: n tiles of 784 floats -> { probs: n * 10, calibrated, notDigit: n }. `manifest`: { sure_at, reject_at } of
// that network. `recognise`: a row's image -> the columns' probabilities, see rows/read_rows.js. `lineManifest`: () -> the
// manifest of the row network.
export function makeReader({ classify, manifest, recognise, lineManifest }) {
  const canRefuse = (manifest.reject_at ?? 1) < 1;
  const network = { classify, canRefuse, sureAt: manifest.sure_at, rejectAt: manifest.reject_at };
  const byRows = async ({ image, size }) =>
    readRows(image, { recognise, classify, manifest: await lineManifest(), size });
  return {
    // An ImageData, ImageBitmap or Blob -> the reading as POST /api/v1/read?explain=tiles returns it. `mode`: "single"
    // treats all ink as one digit. `steps`: also return the result of each stage, see `stepsOf`. `off`: stages to skip,
    // see ablation.js.
    async read(source, { mode = "auto", steps = false, off = [] } = {}) {
      const decoded = await decode(source);
      const { reading, prepared } = await (off.length
        ? readWithout(decoded, off, network)
        : readDecoded(decoded, { mode, network, byRows }));
      return { ...answerOf(reading), ...(steps ? { steps: stepsOf(prepared) } : {}) };
    },
  };
}

async function readDecoded(decoded, { mode, network, byRows }) {
  const single = mode === "single";
  const glance = prepared(decoded.glance, decoded.size, single);
  const isGlance = decoded.glance !== decoded.image;
  if (!isGlance || isOneLargeGlyph(glance.ink, glance.segmentation)) {
    const reading = await readGlyphs(glance, network);
    const isFinal = single || !network.canRefuse || isSureAlone(glance, reading);
    if (isFinal) return { reading, prepared: glance };
    if (!isGlance) return withRows(glance, reading, { network, byRows });
  }
  const whole = prepared(decoded.image, decoded.size, single);
  const reading = await readGlyphs(whole, network);
  const isFinal = single || !network.canRefuse || isSureAlone(whole, reading);
  return isFinal ? { reading, prepared: whole } : withRows(whole, reading, { network, byRows });
}

// Reads glyph by glyph without some stages.
async function readWithout(decoded, off, network) {
  const some = preparedWithout(prepared(decoded.image, decoded.size, false), off);
  return { reading: await readGlyphs(some, network), prepared: some };
}

// An image prepared for any network: { image, size, ink, segmentation, tiles }.
function prepared(image, size, single) {
  const ink = binarize(image);
  return asGlyphs({ image, size, ink }, single);
}

function asGlyphs({ image, size, ink }, single) {
  const segmentation = segment(ink, { single });
  return { image, size, ink, segmentation, tiles: normalizeGlyphs(ink, segmentation) };
}

// Reads each glyph as a separate digit.
async function readGlyphs({ image, size, ink, segmentation, tiles }, { classify, canRefuse, sureAt, rejectAt }) {
  let prediction = await classify(tiles);
  if (canRefuse) prediction = await withTestTimeAugmentation(ink, segmentation, prediction, classify);
  const lines = segmentation.lines.map((line) => line.map(({ box }) => toOriginalBox(box, image, size)));
  const found = withTiles(compose(prediction, lines, { sureAt, rejectAt, size }), lines.flat(), tiles);
  const reading = prediction.looks ? withLooks(found, prediction.looks, tiles) : found;
  if (reading.outcome === "read" && !needsQualityCheck(ink, segmentation)) return reading;
  return withWarnings(reading, qualityWarnings(image, ink, segmentation));
}

const allInk = ({ ink, segmentation }) => isComplete(segmentation) && !spansPicture(segmentation, ink);

const isSureAlone = (one, { outcome }) =>
  outcome === "read" && glyphsOf(one.segmentation).length === 1 && allInk(one);

// The answer if the digits might not be separate.
async function withRows(whole, reading, { network, byRows }) {
  let [glyphs, source] = [reading, whole];
  if (mayBeOneDigit(whole.segmentation)) {
    const one = asGlyphs(whole, true);
    const read = await readGlyphs(one, network);
    if (read.confidence > glyphs.confidence) [glyphs, source] = [read, one];
  }
  return { reading: agreed(await byRows(whole), glyphs, { complete: allInk(whole) }), prepared: source };
}

// Each glyph of a reading with its tile: 28 rows of 28 levels, 255 = ink.
function withTiles(reading, boxes, tiles) {
  const tileOf = new Map(boxes.map((box, i) => [box, i]));
  const add = (glyph) => ({ ...glyph, tile: levelsOf(tiles, tileOf.get(glyph.box)) });
  return { ...reading, digits: reading.digits.map(add), others: reading.others.map(add) };
}

// Adds the averaged views to the only glyph, for display: [{ tile: 784 floats, probs }, ...].
function withLooks(reading, { tiles, probs }, own) {
  const looks = [own, ...tiles].map((tile, i) => ({ tile, probs: probs[i] }));
  const add = (glyph) => ({ ...glyph, looks });
  return { ...reading, digits: reading.digits.map(add), others: reading.others.map(add) };
}

function levelsOf(tiles, i) {
  const row = (y) => tiles.subarray((i * SIDE + y) * SIDE, (i * SIDE + y + 1) * SIDE);
  return Array.from({ length: SIDE }, (_, y) => Array.from(row(y), (value) => roundEven(Math.fround(value * 255))));
}

// A box in the possibly downscaled image -> the box in the upright image before downscaling, at least one pixel wide
// and high.
function toOriginalBox([x, y, w, h], { width, height }, size) {
  const [xScale, yScale] = [size[0] / width, size[1] / height];
  const [left, top] = [Math.trunc(x * xScale), Math.trunc(y * yScale)];
  const [right, bottom] = [roundEven((x + w) * xScale), roundEven((y + h) * yScale)];
  return [left, top, Math.max(1, right - left), Math.max(1, bottom - top)];
}

// The reading in the format of the HTTP API, with rounded numbers.
function answerOf({ is_page: _, ...reading }) {
  return {
    ...reading,
    confidence: rounded(reading.confidence, 4),
    digits: reading.digits.map(roundedDigit),
    others: reading.others.map((other) => (other.probs ? roundedDigit(other) : other)),
  };
}

function roundedDigit(digit) {
  const { confidence, probs, not_digit: notDigit } = digit;
  const rest = { probs: probs.map((p) => rounded(p, 5)), not_digit: rounded(notDigit, 4) };
  return { ...digit, confidence: rounded(confidence, 4), ...rest };
}

const rounded = (value, digits) => roundEven(value * 10 ** digits) / 10 ** digits;

// The result of each stage, for display: the grayscale image, its ink (floats, 1 = ink), the boxes of the glyphs in
// pixels of the image, and their tiles, concatenated.
function stepsOf({ image, ink, segmentation, tiles }) {
  return { image, ink, glyphs: glyphsOf(segmentation).map(({ box }) => box), tiles };
}
