// Whether the glyphs of an image may be all of its writing. Like the corresponding part of
// `inkling.pipeline.agreement`.

import { AGREEMENT as CONFIG } from "./config.js";
import { boundingBox, glyphsOf } from "./segmentation.js";

// Whether nearly all ink belongs to the glyphs: no ruled line, frame or large sign was dropped.
export function isComplete({ lines, labels, count }) {
  const own = new Set(lines.flat().flatMap(({ components }) => components));
  if (own.size === 0 || own.size === count) return own.size > 0;
  let [owned, inked] = [0, 0];
  for (const label of labels.data) {
    if (label === 0) continue;
    inked += 1;
    if (own.has(label)) owned += 1;
  }
  return owned >= CONFIG.min_own_ink * inked;
}

// Whether a glyph may outline a page: the picture is large, and the glyph nearly spans it or touches its border.
export function spansPicture(segmentation, { width, height }) {
  if (Math.min(width, height) < CONFIG.min_outlined_px) return false;
  return glyphsOf(segmentation).some(({ box: [x, y, w, h] }) => {
    const isAtBorder = Math.min(x, y, width - x - w, height - y - h) <= 0;
    return isAtBorder || Math.max(w / width, h / height) >= CONFIG.min_outline;
  });
}

// Whether the glyphs may be parts of one broken digit: they are few, and together no wider than a digit.
export function mayBeOneDigit(segmentation) {
  const glyphs = glyphsOf(segmentation);
  if (glyphs.length < 2 || glyphs.length > CONFIG.max_parts) return false;
  const [, , w, h] = boundingBox(glyphs.map(({ box }) => box));
  return w <= CONFIG.max_digit_aspect * h;
}
