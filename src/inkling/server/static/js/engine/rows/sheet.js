// The picture's paper, straightened, and rows cut out of it. Like `inkling.pipeline.layout.sheet`.

import { LAYOUT } from "../config.js";
import { crop, grey } from "../image/grey.js";
import { clamp, median, roundEven } from "../image/numbers.js";
import { resizeArea } from "../image/resize.js";
import { IDENTITY, inverseOf, multiplied, warpPerspective } from "../image/warp.js";
import { boxAround, scaling } from "./geometry.js";
import { even, separate } from "./light.js";
import { levelled, surrounded } from "./straighten.js";

const SAME = 1e-6; // matrices that differ by no more are equal
export const BOX_SLACK = 0.01; // pixels of rounding by which a box may miss a corner

// The picture downscaled and straightened for layout, and a mask of the sheet's surroundings: { sheet, outside };
// `outside` is null if no page was found.
//
// `sheet`: { image, paper, toWork, scale, width, height }: the picture itself; the paper of the work picture; the
// matrix from pixels of the picture to work pixels; work pixels per pixel of the picture; the work picture's size.
export function straightened(image, page) {
  const scale = Math.min(1, LAYOUT.work_side_px / Math.max(image.width, image.height));
  let [reduced, toWork, outside] = [image, IDENTITY, null];
  if (scale < 1) {
    const [width, height] = [image.width, image.height].map((side) => Math.max(1, roundEven(side * scale)));
    reduced = resizeArea(image, width, height);
    toWork = scaling(width / image.width, height / image.height);
  }
  if (page?.isWhole) [reduced, toWork, outside] = levelled(reduced, toWork, page, scale);
  else if (page) [reduced, outside] = surrounded(reduced, toWork, page);
  const { width, height } = reduced;
  return { sheet: { image, paper: separate(reduced, page !== null), toWork, scale, width, height }, outside };
}

// Crops a leveled box from the picture, at the picture's resolution -> { image, toImage }.
//
// `level`: pixels of the work picture -> leveled pixels. `others`: a mask, leveled by `othersLevel`, of other
// rows and edges, whose ink is painted over.
export function cut(sheet, level, [x, y, w, h], others = null, othersLevel = level) {
  const { scale, image: picture, toWork } = sheet;
  const [width, height] = [w, h].map((side) => Math.max(1, roundEven(side / scale)));
  let toImage = multiplied(inverseOf(multiplied(level, toWork)), [scale, 0, x, 0, scale, y, 0, 0, 1]);
  toImage = toImage.map((value) => value / toImage[8]);
  let image;
  if (isShift(toImage)) {
    const left = clamp(roundEven(toImage[2]), 0, picture.width - 1);
    const top = clamp(roundEven(toImage[5]), 0, picture.height - 1);
    const right = clamp(left + width, left + 1, picture.width);
    const bottom = clamp(top + height, top + 1, picture.height);
    image = crop(picture, left, top, right - left, bottom - top);
    toImage = [1, 0, left, 0, 1, top, 0, 0, 1];
  } else {
    image = warpPerspective(picture, toImage, width, height, { inverse: true, replicate: true });
  }
  const { background } = sheet.paper;
  const toPaper = scaling(background.width / sheet.width, background.height / sheet.height);
  image = even(image, sheet.paper, multiplied(toPaper, multiplied(toWork, toImage)));
  return { image: others ? paintedOver(image, others, multiplied(othersLevel, multiplied(toWork, toImage))) : image, toImage };
}

// The upright box in the picture that encloses a leveled box.
export function pictureBox(sheet, level, box) {
  return boxAround(box.map(Math.trunc), inverseOf(multiplied(level, sheet.toWork)), BOX_SLACK);
}

// A row's image with the level of its paper painted over other ink, given by a mask.
function paintedOver(image, others, toOthers) {
  const { width, height, data } = image;
  const over = warpPerspective(others, toOthers, width, height, { inverse: true, nearest: true }).data;
  const shown = data.filter((_, i) => !over[i]);
  if (!shown.length || shown.length === data.length) return image;
  const paper = Math.trunc(median(shown));
  return grey(width, height, data.map((level, i) => (over[i] ? paper : level)));
}

const isShift = (m) => m.every((value, i) => i === 2 || i === 5 || Math.abs(value - IDENTITY[i]) <= SAME);
