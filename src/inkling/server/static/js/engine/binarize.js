// Soft binarization: how much of each pixel is ink, for any pen, background and light. Like
// `inkling.pipeline.binarize`.

import { estimateBackground, flattenIllumination, levelRange } from "./background.js";
import { removeBorderNoise } from "./border_noise.js";
import { BINARIZE as CONFIG, GLOBAL_THRESHOLD, SHARED } from "./config.js";
import { binarizeGlobally } from "./global_threshold.js";
import { gaussianBlur } from "./image/filters.js";
import { float, grey, inverted, lookUp } from "./image/grey.js";
import { clamp, histogramOf, roundEven, searchSorted, upperMedian } from "./image/numbers.js";
import { cropPage } from "./page_crop.js";
import { hasLightBackground } from "./polarity.js";
import { downscale, upscale } from "./small_image.js";

const { fround } = Math;
const LEVELS = Int32Array.from({ length: 256 }, (_, level) => level);
const P10_TO_SIGMA = 1.2816; // standard deviations from a normal distribution's 10th percentile to its median

// A grayscale image -> floats: 0 = background, 1 = full ink, in between = edges of strokes. All 0 if nothing stands out.
export function binarize(picture) {
  const [image, small] = cropPage(picture, downscale(picture));
  let ink = hasNoShadow(image) ? binarizeGlobally(image, small) : null;
  ink ??= binarizeLocally(image, small);
  ink ??= binarizeGlobally(image, small, { requireSharp: true });
  if (!ink && levelRange(small) >= CONFIG.even_range_levels) {
    ink = binarizeLocally(...flattenIllumination(image, small), { requireSharp: true });
  }
  return ink ? removeBorderNoise(ink) : float(picture.width, picture.height);
}

// Ink relative to the background estimate; null if there is no ink.
function binarizeLocally(image, small, { requireSharp = false } = {}) {
  const isLight = hasLightBackground(small);
  const [dark, darkSmall] = isLight ? [image, small] : [inverted(image), inverted(small)];
  const background = estimateBackground(darkSmall);
  const smooth = denoised(dark);
  if (levelRange(background) < CONFIG.even_range_levels) {
    return stretchContrast(smooth, contrastOfLevels(upperMedian(background.data)), requireSharp);
  }
  return stretchContrast(contrastWithBackground(smooth, background), LEVELS, requireSharp);
}

// Whether the image is an icon, or has at most two levels, as from a scanner or a program.
function hasNoShadow(image) {
  if (Math.max(image.width, image.height) <= GLOBAL_THRESHOLD.icon_side_px) return true;
  const { data } = image;
  let other = data[0]; // the second level
  for (let i = 0; i < data.length; i += 1) {
    if (data[i] === data[0] || data[i] === other) continue;
    if (other !== data[0]) return false;
    other = data[i];
  }
  return true;
}

// Smooths a photograph; a drawing, which has no noise, or a small image is returned unchanged. The noise is the median
// step between neighboring pixels on a sparse grid, which strokes hardly affect.
function denoised(image) {
  const { width, height, data } = image;
  if (Math.max(width, height) < CONFIG.denoise_min_side_px || width < 2) return image;
  const steps = [];
  for (let y = 0; y < height; y += 7) {
    for (let x = 0; x + 1 < width; x += 5) steps.push(Math.abs(data[y * width + x] - data[y * width + x + 1]));
  }
  return upperMedian(steps) < CONFIG.denoise_min_noise ? image : gaussianBlur(image, 0, 3);
}

// The contrast of each gray level with an even background of the given level: the missing share of the background's
// brightness; CONFIG.zero_contrast_level = none, 255 = all.
function contrastOfLevels(background) {
  const zero = CONFIG.zero_contrast_level;
  const share = (level) => (background - level) / (background + SHARED.level_offset);
  return LEVELS.map((level) => clamp(roundEven(zero + (255 - zero) * share(level)), 0, 255));
}

// The contrast of each pixel with an uneven background, given the background's small estimate, as an image.
function contrastWithBackground(image, background) {
  const offset = SHARED.level_offset;
  const lifted = grey(background.width, background.height, background.data.map((value) => value + offset));
  const full = upscale(lifted, image);
  const scale = 255 - CONFIG.zero_contrast_level;
  const out = grey(image.width, image.height);
  for (let i = 0; i < out.data.length; i += 1) {
    const remaining = fround((image.data[i] + offset) / full.data[i]);
    out.data[i] = Math.max(fround(255 - fround(remaining * scale)), 0);
  }
  return out;
}

// Maps the noise of the background to 0 and the body of the strokes to 1. `contrast`: that of each level of the image.
// Returns null if nothing stands out. Faint marks, or with `requireSharp` all marks, must have sharp edges.
function stretchContrast(image, contrast, requireSharp) {
  const histogram = contrastHistogram(image, contrast);
  const { middle, sigma } = backgroundNoise(histogram);
  const edge = Math.min(middle + CONFIG.background_sigmas * sigma, CONFIG.max_background_level);
  const body = strokeLevel(histogram, roundEven(edge));
  const depth = body - middle;
  if (depth < Math.max(CONFIG.min_depth_levels, SHARED.min_signal_sigmas * sigma)) return null;
  if (requireSharp || depth < CONFIG.faint_depth_levels) {
    const softest = requireSharp ? CONFIG.max_edge_to_body : depth / CONFIG.faint_depth_levels;
    if (edgeToBody(histogram, middle, body) > softest) return null;
  }
  const [least, most] = SHARED.noise_floor_range;
  const floor = Math.min(Math.max(edge, middle + least * depth), middle + most * depth);
  const table = Float32Array.from(contrast, (level) => clamp((level - floor) / (body - floor), 0, 1));
  return lookUp(image, table);
}

// The histogram of contrasts in a sample of evenly spaced rows, which is enough.
function contrastHistogram({ width, height, data }, contrast) {
  const every = Math.max(1, Math.floor(height / CONFIG.histogram_rows));
  const rows = new Uint8Array(width * Math.ceil(height / every));
  for (let y = 0, to = 0; y < height; y += every, to += width) rows.set(data.subarray(y * width, (y + 1) * width), to);
  const counts = histogramOf(rows);
  const histogram = new Float64Array(256);
  for (let level = 0; level < 256; level += 1) histogram[contrast[level]] += counts[level];
  return histogram;
}

// The ratio of pixels in the soft edges of strokes to pixels in their body.
function edgeToBody(histogram, middle, body) {
  const [low, high] = SHARED.edge_band.map((share) => roundEven(middle + share * (body - middle)));
  const sum = (counts) => counts.reduce((total, count) => total + count, 0);
  return sum(histogram.subarray(low, high)) / Math.max(sum(histogram.subarray(high)), 1);
}

// Median and standard deviation of the background's levels, from quantiles that ink hardly affects.
function backgroundNoise(histogram) {
  const cumulated = cumulatedSum(histogram);
  const shares = cumulated.map((count) => count / cumulated[255]);
  const [low, middle] = [0.1, 0.5].map((q) => searchSorted(shares, q));
  return { middle, sigma: (middle - low) / P10_TO_SIGMA };
}

// The typical level of the strokes: the median above Otsu's threshold, among the levels above `edge`.
function strokeLevel(histogram, edge) {
  const marks = histogram.slice().fill(0, 0, Math.max(edge + 1, 0));
  const weight = cumulatedSum(marks);
  const total = weight[255];
  if (total === 0) return 0;
  const moment = cumulatedSum(marks.map((count, level) => count * level));
  let [best, threshold] = [-1, 0];
  for (let level = 0; level < 256; level += 1) {
    const rest = Math.max(weight[level] * (total - weight[level]), 1e-9);
    const between = (moment[255] * weight[level] - moment[level] * total) ** 2 / rest;
    if (between > best) [best, threshold] = [between, level];
  }
  const aboveThreshold = total - weight[threshold];
  if (aboveThreshold === 0) return marks.indexOf(Math.max(...marks)); // a single level, such as pure black on white
  return searchSorted(weight, weight[threshold] + 0.5 * aboveThreshold);
}

function cumulatedSum(values) {
  let sum = 0;
  return Float64Array.from(values, (value) => (sum += value));
}
