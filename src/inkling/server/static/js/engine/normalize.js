// Normalize one digit: a crop of ink -> 28x28, as in MNIST. Like `inkling.pipeline.normalize`, which gives the reasons.

import { NORMALIZE as CONFIG } from "./config.js";
import { maskOfLabels } from "./image/components.js";
import { distanceTransform, strokeWidth } from "./image/distance.js";
import { dilate } from "./image/filters.js";
import { above, boundingRect, crop, float, grey, moments, withBorder } from "./image/grey.js";
import { clamp, roundEven, valueOfRank } from "./image/numbers.js";
import { resizeArea, resizeCubic } from "./image/resize.js";
import { remembering } from "./remembering.js";
import { glyphsOf, paddedCorners } from "./segmentation.js";

export const SIDE = 28; // pixels: a normalized digit, called a tile
export const LONGEST = 20; // pixels of the tile: the longer side of the digit
const { fround } = Math;

// Whether all ink is one drawn component, so large that more pixels would give the same tile. False for a patch such
// as a shadow, whose strokes are very wide, and for ink that touches the image's border, which may be cut off.
export function isOneLargeGlyph(ink, segmentation) {
  const glyphs = glyphsOf(segmentation);
  if (glyphs.length !== 1 || segmentation.count > 1) return false;
  const [x, y, w, h] = glyphs[0].box;
  const isCut = Math.min(x, y, ink.width - x - w, ink.height - y - h) <= 0;
  if (Math.max(w, h) < CONFIG.measured_side_px || isCut) return false;
  return strokeWidth(above(segmentation.labels, 0)) <= CONFIG.max_drawn_stroke * Math.max(w, h);
}

const knownTile = remembering(normalizeCrop);

// Ink and its n glyphs -> n tiles of 784 floats, one after another; 0 = background, 1 = ink.
export function normalizeGlyphs(ink, segmentation) {
  return joinedTiles(glyphCrops(ink, segmentation).map(knownTile));
}

export function joinedTiles(tiles) {
  const out = new Float32Array(tiles.length * SIDE * SIDE);
  tiles.forEach(({ data }, i) => out.set(data, i * SIDE * SIDE));
  return out;
}

// A crop of each glyph's box plus one pixel on each side, without the ink of other glyphs.
export function glyphCrops(ink, segmentation) {
  const { labels, corner, count } = segmentation;
  return glyphsOf(segmentation).map(({ box, components }) => {
    const [x0, y0, x1, y1] = paddedCorners(box);
    const part = crop(ink, x0, y0, x1 - x0, y1 - y0);
    if (count <= 1) return part;
    const own = crop(labels, x0 - corner[0], y0 - corner[1], x1 - x0, y1 - y0);
    const isOwn = new Uint8Array(count + 1);
    for (const number of components) isOwn[number] = 1;
    const reached = dilate(maskOfLabels(own, isOwn), 3).data; // including the soft edge
    for (let i = 0; i < reached.length; i += 1) {
      const label = own.data[i];
      if (!isOwn[label] && (label !== 0 || !reached[i])) part.data[i] = 0;
    }
    return part;
  });
}

// The ink of one digit, 0..1 -> its tile, an image of 28x28 floats.
export function normalizeCrop(part) {
  return centeredByMass(normalizeSize(part));
}

// The crop trimmed, with strokes of a typical width, and its longer side scaled to LONGEST.
function normalizeSize(part) {
  const sideOf = ({ width, height }) => Math.max(width, height);
  const trimmed = trim(part);
  const small = downscaledIfLarge(trimmed, sideOf(trimmed));
  const usual = normalizeStrokeWidth(small, sideOf(small));
  return scaledToPeak(resizedBy(usual, LONGEST / sideOf(usual)));
}

function mapped({ width, height, data }, change) {
  return grey(width, height, data.map(change));
}

// Downscales a crop with a large reference side by an integer factor, and clips ink to at most 1.
export function downscaledIfLarge(part, side) {
  let small = part;
  if (side >= 2 * CONFIG.measured_side_px) {
    small = blockMeans(part, Math.floor(side / CONFIG.measured_side_px));
    const peak = fround(Math.max(peakInk(small), 1e-6));
    small = mapped(small, (value) => value / peak);
  }
  return mapped(small, (value) => Math.min(value, 1));
}

// Scales ink so that strokes reach 1, and clips it to 0..1, because cubic enlargement undershoots beside strokes.
export function scaledToPeak(small) {
  const peak = fround(Math.max(peakInk(small), 1e-6));
  return mapped(small, (value) => clamp(value / peak, 0, 1));
}

// Cuts off outer rows and columns without ink; a crop without ink is returned unchanged.
export function trim(part) {
  const [x, y, w, h] = boundingRect(above(part, CONFIG.faint_ink));
  return w ? crop(part, x, y, w, h) : part;
}

// The crop resized by a factor, by area averaging if it becomes smaller.
export function resizedBy(part, factor) {
  const [w, h] = [part.width, part.height].map((side) => Math.max(1, roundEven(side * factor)));
  if (w === part.width && h === part.height) return part;
  return factor < 1 ? resizeArea(part, w, h) : resizeCubic(part, w, h);
}

// The means of blocks, with background beyond the crop.
function blockMeans(part, side) {
  const [w, h] = [Math.ceil(part.width / side), Math.ceil(part.height / side)];
  const padded = withBorder(part, { right: w * side - part.width, bottom: h * side - part.height, value: 0 });
  return resizeArea(padded, w, h);
}

// The ink of the strokes' body: a high quantile of the pixels that are not background.
function peakInk({ data }) {
  const least = fround(CONFIG.faint_ink);
  const inked = data.filter((value) => value > least);
  return inked.length ? valueOfRank(inked, Math.trunc(CONFIG.peak_quantile * (inked.length - 1))) : 1;
}

// Widens or narrows strokes that would be outside the range of MNIST's pens once the crop's reference `side` is scaled
// to LONGEST. A small crop is enlarged first, because widths are measured and changed in whole pixels.
export function normalizeStrokeWidth(part, side) {
  const enlargement = Math.ceil(CONFIG.measured_side_px / side);
  const large = enlargement > 1 ? mapped(resizedBy(part, enlargement), (value) => clamp(value, 0, 1)) : part;
  const toTile = LONGEST / side / Math.max(enlargement, 1); // pixels of the tile per pixel of `large`
  const mask = above(large, CONFIG.stroke_ink);
  const width = strokeWidth(mask) * toTile;
  if (CONFIG.min_stroke_px <= width && width <= CONFIG.max_stroke_px) return part;
  if (width < CONFIG.min_stroke_px) {
    const grow = (CONFIG.target_stroke_px - width) / (2 * toTile); // pixels of `large`, on each side of a stroke
    const pad = Math.ceil(grow) + 1;
    const wide = withBorder(large, { top: pad, bottom: pad, left: pad, right: pad, value: 0 });
    const around = distanceTransform(mapped(above(wide, CONFIG.stroke_ink), (value) => 1 - value), 5).data;
    const most = fround(grow + 1);
    return trim(mapped(wide, (value, i) => Math.max(value, clamp(fround(most - around[i]), 0, 1))));
  }
  const shrink = fround((width - CONFIG.max_stroke_px) / (2 * toTile));
  const inside = distanceTransform(mask, 5).data;
  return trim(mapped(large, (value, i) => Math.min(value, clamp(fround(inside[i] - shrink), 0, 1))));
}

// An image of at most 28x28 -> 28x28, with the center of mass as near to the middle as whole pixels allow.
export function centeredByMass(small) {
  const { m00, m10, m01 } = moments(small);
  const place = (moment, side) => clamp(roundEven(SIDE / 2 - moment / (m00 || 1)), 0, SIDE - side);
  const [x, y] = [place(m10, small.width), place(m01, small.height)];
  const tile = float(SIDE, SIDE);
  for (let row = 0; row < small.height; row += 1) {
    const from = row * small.width;
    tile.data.set(small.data.subarray(from, from + small.width), (y + row) * SIDE + x);
  }
  return tile;
}
