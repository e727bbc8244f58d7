// Make a line image: a grayscale row of any size -> the input of the line network. Like `inkling.pipeline.line_image`,
// which also made the network's training lines.

import { LINE_IMAGE as CONFIG } from "../config.js";
import { histogramOf, roundEven } from "../image/numbers.js";
import { resizeArea, resizeLinear } from "../image/resize.js";

export const HEIGHT = CONFIG.height_px;

// A grayscale row, { data: Uint8Array, width, height }, dark ink on light paper -> { data: Float32Array, width,
// height: 32 }, about 0 = paper, 1 = ink, -0.5..1.5.
//
// The row is scaled to a height of 32 pixels and its gray levels are normalized: the median is paper, the 2nd
// percentile is ink. The width is a multiple of 4 from 16 to 1024, padded with paper on the right. `stretch` multiplies
// the width.
export function makeLineImage(row, stretch = 1) {
  const width = scaledWidth(row, stretch);
  const shrinks = row.height > HEIGHT || width < row.width;
  const scaled = (shrinks ? resizeArea : resizeLinear)(row, width, HEIGHT);
  const [ink, paper] = levelsAt(scaled.data, [CONFIG.ink_percentile / 100, 0.5]);
  const contrast = Math.max(paper - ink, CONFIG.min_contrast_levels);
  const [low, high] = CONFIG.range;
  const step = CONFIG.width_step_px;
  const whole = Math.max(CONFIG.width_range_px[0], step * Math.ceil(width / step));
  const data = new Float32Array(HEIGHT * whole);
  const values = Float32Array.from({ length: 256 }, (_, level) =>
    Math.min(Math.max((paper - level) / contrast, low), high),
  );
  for (let y = 0; y < HEIGHT; y++) {
    for (let x = 0; x < width; x++) data[y * whole + x] = values[scaled.data[y * width + x]];
  }
  return { data, width: whole, height: HEIGHT };
}

// The width of a row in its line image, without padding: 1..1024.
export function scaledWidth({ width, height }, stretch = 1) {
  return Math.min(Math.max(1, roundEven((stretch * width * HEIGHT) / height)), CONFIG.width_range_px[1]);
}

// The gray levels at which the given shares of the pixels are reached.
function levelsAt(levels, shares) {
  const counts = histogramOf(levels);
  return shares.map((share) => {
    let cumulated = 0;
    return counts.findIndex((count) => (cumulated += count) / levels.length >= share);
  });
}
