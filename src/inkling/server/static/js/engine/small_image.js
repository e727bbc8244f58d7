// Downscale an image to the small version used to find page, polarity and background, and map back from it. Like
// `inkling.pipeline.downscaling`.

import { DOWNSCALING as CONFIG } from "./config.js";
import { crop, withBorder } from "./image/grey.js";
import { roundEven } from "./image/numbers.js";
import { resizeArea, resizeLinear } from "./image/resize.js";

// A grayscale image -> one whose longer side is about CONFIG.side_px, by block means, where pixels beyond the last
// whole block are left out, or, for a very narrow image, by area averaging. A small image is returned unchanged.
export function downscale(image) {
  const longer = Math.max(image.width, image.height);
  let block = roundEven(longer / CONFIG.side_px);
  if (block <= 1) return image;
  const [w, h] = [Math.floor(image.width / block), Math.floor(image.height / block)];
  if (Math.min(w, h) >= CONFIG.min_block_side_px) {
    const isWhole = image.width === w * block && image.height === h * block;
    let whole = isWhole ? image : crop(image, 0, 0, w * block, h * block);
    while (block % 2 === 0) {
      block /= 2;
      whole = resizeArea(whole, w * block, h * block);
    }
    return block === 1 ? whole : resizeArea(whole, w, h);
  }
  const factor = CONFIG.side_px / longer;
  return resizeArea(image, Math.max(1, roundEven(image.width * factor)), Math.max(1, roundEven(image.height * factor)));
}

// A map of the small image -> the same map for an image of the given size.
export function upscale(small, { width, height }) {
  const block = roundEven(Math.max(width, height) / CONFIG.side_px);
  const isOfBlocks = small.width === Math.floor(width / block) && small.height === Math.floor(height / block);
  if (block <= 1 || !isOfBlocks) return resizeLinear(small, width, height);
  const wide = resizeLinear(small, small.width * block, small.height * block);
  return withBorder(wide, { bottom: height - wide.height, right: width - wide.width });
}
