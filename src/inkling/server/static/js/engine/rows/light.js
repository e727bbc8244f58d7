// Paper and ink: the background's brightness at each pixel, the polarity, and which pixels are ink.
//
// The background is the running median of the picture, which neither strokes nor a line along the picture's edge affect.
// The direction of the larger deviations from the background gives the polarity. Like `inkling.pipeline.layout.light`.

import { LIGHT as CONFIG, SHARED } from "../config.js";
import { blur, closed } from "../image/filters.js";
import { divided, grey, inverted, rangeOf } from "../image/grey.js";
import { histogramOf, roundEven, searchSorted } from "../image/numbers.js";
import { resizeArea, resizeLinear } from "../image/resize.js";
import { warpPerspective } from "../image/warp.js";
import { runningMedian } from "./running_median.js";

const { fround } = Math;
export const MOST_CONTRAST = 255;
const P10_TO_SIGMA = 1.2816; // standard deviations from a normal distribution's 10th percentile to its median

// Separates the paper's brightness in a grayscale picture from the ink: { isInverted, background, contrast }.
//
// `isSheet`: the picture is a sheet, and therefore dark on light. `isInverted`: it is light on dark. `background`: the
// brightness of the bare paper, downscaled, after inversion. `contrast`: an image of the picture's size, 0 = paper,
// 255 = black.
export function separate(image, isSheet = false) {
  let small = reduced(image);
  const isInverted = !isSheet && isLightOnDark(small);
  if (isInverted) [image, small] = [inverted(image), inverted(small)];
  // Strokes are closed first, so that bold ones do not lower the median.
  const side = Math.min(CONFIG.stroke_px, Math.floor(Math.min(small.width, small.height) / 4) * 2 + 1);
  const background = running(closed(small, side));
  const contrast = contrastTo(image, background);
  const isLarge = Math.min(image.width, image.height) >= CONFIG.smoothed_side_px;
  return { isInverted, background, contrast: isLarge ? blur(contrast, 3, 3) : contrast };
}

// The lowest contrast at which a pixel counts as ink; 256 if nothing stands out.
export function inkThreshold({ data }) {
  const histogram = histogramOf(data);
  const shares = new Float32Array(256);
  let counted = 0;
  histogram.forEach((count, level) => (shares[level] = (counted += count) / Math.max(data.length, 1)));
  const [low, middle] = [0.1, 0.5].map((share) => searchSorted(shares, share));
  const sigma = Math.max((middle - low) / P10_TO_SIGMA, 1);
  const floor = Math.max(CONFIG.min_contrast, middle + CONFIG.noise_sigmas * sigma);
  const marks = histogram.map((count, level) => (level < roundEven(floor) ? 0 : count));
  if (!marks.some(Boolean)) return 256;
  return roundEven(Math.max(floor, middle + CONFIG.ink_share * (upperLevel(marks) - middle)));
}

// A crop of the picture -> the crop as dark on light, with uneven light on the paper evened out.
//
// `toPaper`: pixels of the crop -> pixels of the downscaled background.
export function even(image, { isInverted, background }, toPaper) {
  const upright = isInverted ? inverted(image) : image;
  const { low, high } = rangeOf(background);
  if (high - low <= CONFIG.even_share * high) return upright;
  const { width, height } = image;
  const levels = warpPerspective(background, toPaper, width, height, { inverse: true, replicate: true });
  return divided(upright, levels, CONFIG.paper_level);
}

// How much darker each pixel is than the paper, as a share of the paper's brightness.
function contrastTo({ data, width, height }, background) {
  const tables = new Map(); // by the paper's level: the contrast of each level of a pixel
  const tableOf = (paper) => {
    if (!tables.has(paper)) {
      const depths = grey(256, 1, Uint8Array.from({ length: 256 }, (_, level) => Math.max(paper - level, 0)));
      const scale = 255 * (1 - SHARED.level_offset / 255);
      tables.set(paper, divided(depths, grey(256, 1, new Uint8Array(256).fill(Math.min(paper + SHARED.level_offset, 255))), scale).data);
    }
    return tables.get(paper);
  };
  const { low, high } = rangeOf(background);
  const contrast = grey(width, height);
  if (low === high) {
    const table = tableOf(low);
    for (let i = 0; i < data.length; i++) contrast.data[i] = table[data[i]];
    return contrast;
  }
  const paper = resizeLinear(background, width, height).data;
  for (let i = 0; i < data.length; i++) contrast.data[i] = tableOf(paper[i])[data[i]];
  return contrast;
}

// Whether the largest deviations from the background are lighter than it. Deviations are squared, so that grain and
// shading hardly count.
function isLightOnDark(small) {
  const { width: w, height: h, data } = small;
  const background = running(small).data;
  // The rim is left out, because it may contain the edge of a book, a frame or a crop.
  const [rimX, rimY] = [Math.floor(w / 20), Math.floor(h / 10)];
  let [lighter, darker] = [0, 0];
  for (let y = rimY; y < h - rimY; y++) {
    for (let x = rimX; x < w - rimX; x++) {
      const deviation = data[y * w + x] - background[y * w + x];
      if (deviation > 0) lighter += deviation * deviation;
      else darker += deviation * deviation;
    }
  }
  return lighter > darker;
}

function reduced(image) {
  const factor = CONFIG.background_side_px / Math.max(image.width, image.height);
  if (factor >= 1) return image;
  return resizeArea(image, Math.max(1, roundEven(image.width * factor)), Math.max(1, roundEven(image.height * factor)));
}

function running(small) {
  return runningMedian(small, Math.max(3, Math.trunc(CONFIG.window_share * Math.max(small.width, small.height))) | 1);
}

// The median level above Otsu's threshold (1979).
function upperLevel(histogram) {
  const [weights, moments] = [new Float32Array(256), new Float64Array(256)];
  let [weight, moment] = [0, 0];
  histogram.forEach((count, level) => {
    weights[level] = weight += count;
    moments[level] = moment += count * level;
  });
  let [threshold, best] = [0, -1];
  for (let level = 0; level < 256; level++) {
    const rest = Math.max(fround(weights[level] * fround(weight - weights[level])), fround(1e-9));
    const between = (moment * weights[level] - moments[level] * weight) ** 2 / rest;
    if (between > best) [threshold, best] = [level, between];
  }
  const above = weight - weights[threshold];
  if (above === 0) return histogram.indexOf(Math.max(...histogram));
  return searchSorted(weights, fround(weights[threshold] + fround(0.5 * above)));
}
