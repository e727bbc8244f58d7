// Classify narrower views of a digit that may have been stretched to fill its box, and average the predictions. Like
// `inkling.pipeline.test_time_augmentation`.

import { NORMALIZE, TEST_TIME_AUGMENTATION as CONFIG } from "./config.js";
import { clamp, roundEven } from "./image/numbers.js";
import { grey } from "./image/grey.js";
import { resizeCubic } from "./image/resize.js";
import { glyphCrops, joinedTiles, normalizeCrop } from "./normalize.js";
import { glyphsOf } from "./segmentation.js";

// An uncertain prediction for a single digit that is about as wide as high -> its mean over several views; any other
// prediction -> unchanged. The probability that it is not a digit is averaged only if the ink fills the image. `looks`:
// the tiles of the other views, and the probabilities of all views, the original first.
export async function withTestTimeAugmentation(ink, segmentation, prediction, classify) {
  const { probs, notDigit } = prediction;
  if (notDigit.length !== 1 || Math.max(...probs) >= Math.fround(CONFIG.certain_at)) return prediction;
  const [, , w, h] = glyphsOf(segmentation)[0].box;
  const [least, most] = CONFIG.aspect_ratio_range;
  if (w / h < least || w / h > most) return prediction;
  const [part] = glyphCrops(ink, segmentation);
  const views = CONFIG.width_factors.map((factor) => normalizeCrop(narrowed(part, factor)));
  const ofViews = await classify(joinedTiles(views));
  const mean = (own, others, step, i) => {
    let sum = own[i];
    for (let k = i; k < others.length; k += step) sum += others[k];
    return sum / (1 + others.length / step);
  };
  const meanProbs = probs.map((_, i) => mean(probs, ofViews.probs, 10, i));
  const fillsImage = h >= CONFIG.min_filled_share * ink.height && w >= CONFIG.min_filled_share * ink.width;
  const ofView = (i) => ofViews.probs.subarray(10 * i, 10 * i + 10);
  const looks = [probs, ...views.map((_, i) => ofView(i))].map((each) => Array.from(each));
  const meanNotDigit = fillsImage ? notDigit.map(() => mean(notDigit, ofViews.notDigit, 1, 0)) : notDigit;
  return { probs: meanProbs, notDigit: meanNotDigit, looks: { tiles: views.map(({ data }) => data), probs: looks } };
}

// The ink with its aspect ratio (width to height) multiplied by `factor`; a small crop becomes taller, not narrower.
function narrowed(part, factor) {
  const isSmall = part.height < 2 * NORMALIZE.measured_side_px;
  const [w, h] = isSmall
    ? [part.width, roundEven(part.height / factor)]
    : [Math.max(1, roundEven(part.width * factor)), part.height];
  const out = resizeCubic(part, w, h);
  return grey(w, h, out.data.map((value) => clamp(value, 0, 1)));
}
