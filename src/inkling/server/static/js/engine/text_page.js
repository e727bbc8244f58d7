// Distinguish a page of text, a code or a pattern from numbers by simple statistics, without a network. Like
// `inkling.pipeline.text_page_filter`.

import { TEXT_PAGE as CONFIG } from "./config.js";
import { median, quantiles } from "./image/numbers.js";
import { glyphsOf } from "./segmentation.js";

// Whether the glyphs of ink are text, a code or a pattern. One writer's digits have similar heights, few of them are
// solid, and a line across a digit crosses at most three strokes.
export function isTextPage(ink, segmentation) {
  const boxes = glyphsOf(segmentation).map(({ box }) => box);
  const n = boxes.length;
  if (n === 0) return false;
  if (segmentation.count > Math.max(CONFIG.max_components, 2 * n)) return true;
  const largest = [...boxes].sort((a, b) => b[2] * b[3] - a[2] * a[3]).slice(0, CONFIG.sampled_glyphs);
  if (largest.some((box) => strokeCrossings(ink, box) > CONFIG.max_crossings)) return true;
  if (n < CONFIG.min_glyphs) return false;
  const [low, middle, high] = quantiles(boxes.map((box) => box[3]), [0.25, 0.5, 0.75]);
  if (high - low > CONFIG.max_height_spread * middle) return true;
  return boxes.filter((box) => isSolid(ink, box)).length / n > CONFIG.max_solid_share;
}

// Whether a glyph is a filled patch instead of strokes.
export function isSolid(ink, [x, y, w, h]) {
  if (h >= CONFIG.max_solid_aspect_ratio * w) return false;
  const step = Math.max(1, Math.floor(Math.min(w, h) / CONFIG.grid_px));
  const [dx, dy] = [w >> 2, h >> 2];
  const mean = (left, top, right, bottom) => {
    let [sum, n] = [0, 0];
    for (let row = top; row < bottom; row += step) {
      for (let column = left; column < right; column += step, n += 1) sum += ink.data[row * ink.width + column];
    }
    return sum / n;
  };
  const core = mean(x + dx, y + dy, x + w - dx, y + h - dy);
  return core > CONFIG.min_solid_core_fill && mean(x, y, x + w, y + h) > CONFIG.min_solid_fill;
}

// Strokes crossed by the median row or column of a glyph, whichever is more, per square of the glyph's box.
function strokeCrossings(ink, [x, y, w, h]) {
  const at = (column, row) => ink.data[(y + row) * ink.width + x + column] > 0.5;
  const ofRows = medianRuns(h, Math.ceil(h / CONFIG.sampled_lines), w, (row, column) => at(column, row));
  const ofColumns = medianRuns(w, Math.ceil(w / CONFIG.sampled_lines), h, at);
  return Math.max(ofRows / Math.max(1, w / h), ofColumns / Math.max(1, h / w));
}

// The median number of runs of ink in every `step`th of `n` lines.
function medianRuns(n, step, length, isInk) {
  const runs = [];
  for (let line = 0; line < n; line += step) {
    let [count, before] = [0, false];
    for (let i = 0; i < length; i += 1) {
      const now = isInk(line, i);
      if (now && !before) count += 1;
      before = now;
    }
    runs.push(count);
  }
  return median(runs);
}
