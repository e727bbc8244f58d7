// Find the page in a photograph or screenshot and replace its surroundings with the page's level. Like
// `inkling.pipeline.page_crop`, which gives the reasons.

import { PAGE_CROP as CONFIG, SHARED } from "./config.js";
import { AREA, connectedComponents, FIELDS, maskOfLabel, maskOfLabels } from "./image/components.js";
import { dilate, erode } from "./image/filters.js";
import { above, boundingRect, countNonZero, crop, grey, otsuThreshold, rangeOf } from "./image/grey.js";
import { histogramOf, median, quantile, upperMedian } from "./image/numbers.js";
import { closedLength, contourArea, filledHull, hullOfMask, minAreaRect, simplified } from "./image/polygons.js";
import { borderPixels } from "./polarity.js";
import { upscale } from "./small_image.js";

// A grayscale image and its small version -> both with the page's surroundings replaced with its median level;
// unchanged if there is no page or the page has no surroundings.
export function cropPage(image, small) {
  const page = findPage(small);
  if (!page) return [image, small];
  const level = Math.floor(median(chosen(small, (i) => page.data[i] > 0)));
  const within = ({ width, height, data }, mask) =>
    grey(width, height, data.map((value, i) => (mask.data[i] > 127 ? value : level)));
  return [within(image, upscale(page, image)), within(small, page)];
}

// The mask of the page's inside, 255 = page; null if there is nothing to cut off.
function findPage(small) {
  if (Math.min(small.width, small.height) < CONFIG.min_side_px) return null;
  const lightest = rangeOf(small).high;
  if (borderHasLevel(small, lightest)) return findPanel(small, lightest); // no dark desk, so no light page
  return findLightPage(small) ?? findPanel(small, borderMode(small));
}

// Whether a band along the image's border has only this level.
function borderHasLevel({ width, height, data }, level) {
  const band = CONFIG.border_band_px;
  for (let y = 0; y < height; y += 1) {
    const step = y >= band && y < height - band ? width - 2 * band : 0; // from the left band to the right one
    for (let x = 0; x < width; x += 1) {
      if (step && x === band) x += step;
      if (data[y * width + x] !== level) return false;
    }
  }
  return true;
}

// A light page on a dark desk, separated by Otsu's threshold.
function findLightPage(small) {
  const light = above(small, otsuThreshold(histogramOf(small.data)));
  const border = borderPixels(light);
  if (1 - border.reduce((sum, value) => sum + value, 0) / border.length < CONFIG.min_dark_border_share) return null;
  const region = largestRectangle(light);
  if (!region) return null;
  const { hull, inside, outside } = region;
  const isWrittenOn = light.data.some((value, i) => value === 0 && inside.data[i] > 0) || mayBeBlankPage(hull);
  if (!isWrittenOn || hasWriting(small, outside.data)) return null;
  // A page has an edge; a gradient of light has none. So both sides of the outline are compared.
  const [core, wide] = [dilatedBy(hull, -2 * CONFIG.rim_px), dilatedBy(hull, 2 * CONFIG.rim_px)];
  const within = chosen(small, (i) => inside.data[i] > 0 && core.data[i] === 0 && light.data[i] > 0);
  const beyond = chosen(small, (i) => outside.data[i] > 0 && wide.data[i] > 0);
  if (!within.length || !beyond.length) return null;
  if (quantile(beyond, CONFIG.surround_quantile) > CONFIG.max_surround_brightness * median(within)) return null;
  // A torn edge is not straight: dark components that reach beyond the hull are not writing.
  const dark = grey(small.width, small.height, light.data.map((value) => 1 - value));
  const { labels, count } = connectedComponents(dark, { connectivity: 4 });
  const isDesk = new Uint8Array(count);
  for (let i = 0; i < dark.data.length; i += 1) if (outside.data[i] > 0 && dark.data[i]) isDesk[labels.data[i]] = 255;
  const desk = dilatedBy(maskOfLabels(labels, isDesk), CONFIG.rim_px);
  return grey(small.width, small.height, inside.data.map((value, i) => value & ~desk.data[i]));
}

// A page or window that differs slightly from even surroundings of the level `around`. A lighter one may touch one or
// two sides of the image; a darker one that touches a side might be a shadow.
function findPanel(small, around) {
  const { width: w, height: h } = small;
  const [left, top] = [w >> 2, h >> 2];
  const level = upperMedian(crop(small, left, top, w - 2 * left, h - 2 * top).data);
  const step = level - around;
  if (Math.abs(step) < CONFIG.min_panel_step) return null;
  const threshold = (level + around) / 2;
  const isOnSide = step > 0 ? (value) => value > threshold : (value) => value < threshold;
  const region = largestRectangle(grey(w, h, small.data.map((value) => (isOnSide(value) ? 1 : 0))));
  if (!region) return null;
  const { hull, inside, outside } = region;
  const rim = CONFIG.rim_px;
  const isClear = (i) => {
    const [y, x] = [Math.floor(i / w), i % w];
    return y >= rim && y < h - rim && x >= rim && x < w - rim; // a line may run along the border of the image
  };
  // The page's edge must be sharp, not a gradient: the level just inside the edge is that of the middle, and the level
  // just outside is that of the border.
  const [core, wide] = [dilatedBy(hull, -2 * rim - 1), dilatedBy(hull, 2 * rim + 1)];
  const within = chosen(small, (i) => inside.data[i] > 0 && core.data[i] === 0);
  const isNear = (i) => outside.data[i] > 0 && wide.data[i] > 0;
  const nearAndClear = chosen(small, (i) => isNear(i) && isClear(i));
  const beyond = nearAndClear.length ? nearAndClear : chosen(small, isNear);
  if (touchedSides(hull) > (step > 0 ? CONFIG.max_touched_sides : 0) || !within.length || !beyond.length) return null;
  // Outside, half of the pixels may differ: a page casts a shadow and may have a frame around it.
  const deviation = Math.max(
    quantile(within.map((value) => Math.abs(value - level)), CONFIG.surround_quantile),
    median(beyond.map((value) => Math.abs(value - around))),
  );
  if (deviation > CONFIG.max_panel_deviation * Math.abs(step)) return null;
  const marked = CONFIG.min_mark_contrast * (level + SHARED.level_offset);
  const inner = dilatedBy(inside, -1);
  const isWrittenOn =
    small.data.some((value, i) => Math.abs(value - level) > marked && inner.data[i] > 0) || mayBeBlankPage(hull);
  const surroundings = outside.data.map((value, i) => (value && isClear(i) ? 1 : 0));
  return isWrittenOn && !hasWriting(small, surroundings) ? inside : null;
}

const chosen = ({ data }, condition) => Array.from(data.filter((_, i) => condition(i)));

function touchedSides({ width, height, data }) {
  const isTouched = (start, step, n) => {
    for (let k = 0; k < n; k += 1) if (data[start + k * step]) return 1;
    return 0;
  };
  const last = width * (height - 1);
  const [above, below] = [isTouched(0, 1, width), isTouched(last, 1, width)];
  return above + below + isTouched(0, width, height) + isTouched(width - 1, width, height);
}

// Whether a rectangle may be a page even without writing, because it is too large and too wide for a bold 1.
function mayBeBlankPage(hull) {
  const [, , w, h] = boundingRect(hull);
  const isLarge = countNonZero(hull) / hull.data.length >= CONFIG.min_blank_area_share;
  return isLarge && Math.max(w, h) < SHARED.bar_aspect_ratio * Math.min(w, h);
}

// A mask, 1 = perhaps page -> the convex hull of its largest component: { hull, inside, outside }, 255 = within; `inside`
// and `outside` exclude the hull's blurred rim. null if the component is small, not a rectangle or not solid.
function largestRectangle(mask) {
  const { count, labels, stats } = connectedComponents(mask, { connectivity: 4 });
  let largest = 0;
  let area = 0;
  for (let n = 1; n < count; n += 1) {
    const own = stats[FIELDS * n + AREA];
    if (own > area) [largest, area] = [n, own];
  }
  if (largest === 0 || area / mask.data.length < CONFIG.min_area_share) return null;
  const component = maskOfLabel(labels, largest);
  const outline = hullOfMask(component);
  const hull = filledHull(mask, outline, 255);
  const [w, h] = minAreaRect(outline).size;
  const hullArea = countNonZero(hull);
  if (hullArea < CONFIG.min_rectangularity * (w + 1) * (h + 1)) return null;
  if (area < CONFIG.min_solidity * hullArea || !hasFourCorners(outline)) return null;
  const grown = dilatedBy(hull, CONFIG.rim_px);
  const outside = grey(mask.width, mask.height, grown.data.map((value) => 255 - value));
  return { hull, inside: dilatedBy(hull, -CONFIG.rim_px), outside };
}

// Whether a convex outline is nearly a quadrilateral.
function hasFourCorners(outline) {
  const length = closedLength(outline);
  let quadrangle = outline;
  for (let i = 0; i < 58 && quadrangle === outline; i += 1) {
    const corners = simplified(outline, (0.01 + 0.005 * i) * length);
    if (corners.length <= 4) quadrangle = corners;
  }
  return contourArea(quadrangle) >= CONFIG.min_quadrangle_share * contourArea(outline);
}

// The most frequent level near the image's border, unaffected by a line along it.
function borderMode(small) {
  const n = CONFIG.border_band_px;
  const { width: w, height: h } = small;
  const sides = [[0, 0, w, n], [0, h - n, w, n], [0, 0, n, h], [w - n, 0, n, h]];
  const band = sides.flatMap((side) => [...crop(small, ...side).data]);
  const bins = new Array(32).fill(0); // of 8 levels each
  for (const level of band) bins[level >> 3] += 1;
  const mode = bins.indexOf(Math.max(...bins));
  return upperMedian(band.filter((level) => level >> 3 === mode));
}

// The mask dilated, or eroded if `by` is negative; the image's border does not erode it.
const dilatedBy = (mask, by) => (by > 0 ? dilate(mask, 2 * by + 1) : erode(mask, 1 - 2 * by));

// Whether the region where `where` is not 0 has as many sharp steps as writing.
function hasWriting({ width, height, data }, where) {
  const log = Float32Array.from(data, (level) => Math.log(level + SHARED.level_offset));
  let [steps, sharp] = [0, 0];
  const count = (i, k) => {
    if (!where[i] || !where[k]) return;
    steps += 1;
    if (Math.abs(Math.fround(log[i] - log[k])) > Math.fround(CONFIG.sharp_log_step)) sharp += 1;
  };
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const i = y * width + x;
      if (x > 0) count(i, i - 1);
      if (y > 0) count(i, i - width);
    }
  }
  return steps > 0 && sharp / steps > CONFIG.max_sharp_step_share;
}
