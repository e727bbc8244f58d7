// Find problems with an image and their remedies. Like `inkling.pipeline.quality`. A warning is { code, text }; its
// text is one sentence with the problem and the remedy, separated by a semicolon.

import { QUALITY as CONFIG, SHARED, TEXT_PAGE } from "./config.js";
import { median, quantile } from "./image/numbers.js";
import { boundingBox, glyphsOf } from "./segmentation.js";
import { isSolid, isTextPage } from "./text_page.js";

const TOO_MUCH = {
  texture: { code: "page", text: "this looks like a page of text, a code or a pattern; show only the number." },
  table: { code: "many", text: "the table has too many cells for one answer; show a part of it." },
  rows: { code: "many", text: "there are too many rows for one answer; show a part of the page." },
};

// The warning for content that is too much for one answer: a "texture", a "table" or too many "rows".
export const tooMuch = (what) => TOO_MUCH[what];

// An image, its ink and its glyphs -> warnings, the most important first; none for a clean drawing.
export function qualityWarnings(image, ink, segmentation) {
  const boxes = glyphsOf(segmentation).map(({ box }) => box);
  if (!boxes.length) return [withoutInk(image)];
  if (isTextPage(ink, segmentation)) return [tooMuch("texture")];
  const found = [many(boxes.length), blot(ink, boxes), border(boxes, ink), small(boxes, image)];
  return [...found, ...blurredOrFaint(image, ink, boxes)].filter(Boolean);
}

// Whether to check quality although every glyph resembles a digit: the ink reaches the border, or there are many
// glyphs, or many more components than glyphs.
export function needsQualityCheck(ink, segmentation) {
  const glyphs = glyphsOf(segmentation);
  const n = glyphs.length;
  if (n >= TEXT_PAGE.min_glyphs || segmentation.count > n + CONFIG.max_extra_components) return true;
  return glyphs.some(({ box: [x, y, w, h] }) => x <= 0 || y <= 0 || x + w >= ink.width || y + h >= ink.height);
}

function withoutInk({ width, height, data }) {
  const levels = [];
  for (let y = 0; y < height; y += 7) for (let x = 0; x < width; x += 7) levels.push(data[y * width + x]);
  if (quantile(levels, CONFIG.dark_quantile) < CONFIG.max_dark_level) {
    return { code: "dark", text: "the picture is almost black; take it with more light." };
  }
  return { code: "blank", text: "nothing stands out from the paper; write larger or darker, or come closer." };
}

function many(n) {
  if (n <= CONFIG.max_glyphs) return null;
  const text = `there are ${n} marks in the picture; show fewer numbers at a time, or check them by eye.`;
  return { code: "many", text };
}

function blot(ink, boxes) {
  if (!boxes.slice(0, CONFIG.sampled_glyphs).some((box) => isSolid(ink, box))) return null;
  return { code: "blot", text: "there is a solid patch but no line; write with a pen, and show nothing else." };
}

// A digit that is cut off touches one border; in a tight crop, the digits touch the opposite border too.
function border(boxes, { width, height }) {
  const [x, y, w, h] = boundingBox(boxes);
  const margins = [x, y, width - x - w, height - y - h];
  const least = CONFIG.min_opposite_margin * median(boxes.map((box) => box[3]));
  if (!margins.some((margin, i) => margin <= 0 && margins[(i + 2) % 4] > least)) return null;
  return { code: "border", text: "a mark touches the border of the picture; show all of it, with paper around it." };
}

function small(boxes, { height }) {
  const high = Math.trunc(median(boxes.map((box) => box[3])));
  if (high >= CONFIG.min_digit_height_px) return null;
  const text = `the digits are only ${high} of ${height} pixels high; come closer, or crop the picture to the number.`;
  return { code: "small", text };
}

// Measures focus and contrast along rows and columns through some of the glyphs.
function blurredOrFaint(image, ink, boxes) {
  const [rows, columns] = [{ soft: 0, edges: 0 }, { soft: 0, edges: 0 }];
  const [strokes, paper] = [[], []];
  const every = Math.ceil(boxes.length / CONFIG.sampled_glyphs);
  for (let i = 0; i < boxes.length; i += every) {
    const [x, y, w, h] = boxes[i];
    const [left, right] = reach(x, w, ink.width);
    const [top, bottom] = reach(y, h, ink.height);
    for (let row = y; row < y + h; row += Math.ceil(h / CONFIG.sampled_rows)) {
      const start = row * ink.width + left;
      countEdges(ink.data, start, 1, right - left, rows);
      for (let k = start; k < start + right - left; k += 1) {
        if (ink.data[k] > Math.fround(CONFIG.stroke_ink)) strokes.push(image.data[k]);
        if (ink.data[k] < Math.fround(CONFIG.paper_ink)) paper.push(image.data[k]);
      }
    }
    for (let column = x; column < x + w; column += Math.ceil(w / CONFIG.sampled_rows)) {
      countEdges(ink.data, top * ink.width + column, ink.width, bottom - top, columns);
    }
  }
  // A row along a stroke has a wide edge, so the direction with the narrower edges counts.
  const widths = [rows, columns].filter(({ edges }) => edges).map(({ soft, edges }) => soft / edges);
  const edgeWidth = widths.length ? Math.min(...widths) : 0;
  const warnings = [];
  if (edgeWidth > Math.max(CONFIG.max_edge_px, CONFIG.max_edge_height_share * median(boxes.map((box) => box[3])))) {
    warnings.push({ code: "blurred", text: "the picture is blurred; hold still, or let the camera focus." });
  }
  if (isFaint(strokes, paper)) {
    warnings.push({ code: "faint", text: "the ink is faint; use a darker pen, or more light." });
  }
  return warnings;
}

const reach = (start, length, end) => {
  const more = (length >> 3) + 2;
  return [Math.max(start - more, 0), Math.min(start + length + more, end)];
};

// Adds to `total` the number of pixels in soft edges of strokes along a line, and the number of edges.
function countEdges(data, start, step, length, total) {
  const [low, high] = CONFIG.soft_ink.map(Math.fround);
  for (let k = 0; k < length; k += 1) {
    const value = data[start + k * step];
    if (value > low && value < high) total.soft += 1;
    if (k > 0 && value > 0.5 !== data[start + (k - 1) * step] > 0.5) total.edges += 1;
  }
}

function isFaint(strokeLevels, paperLevels) {
  if (!strokeLevels.length || !paperLevels.length) return false;
  const [strokes, paper] = [median(strokeLevels), median(paperLevels)];
  return Math.abs(strokes - paper) < CONFIG.min_ink_contrast * (Math.max(strokes, paper) + SHARED.level_offset);
}
