// The part of a row's image around each of its digits, for display. Like `inkling.explain.row_digits`.

import { clamp, roundEven } from "../image/numbers.js";
import { inverseOf, mappedPoints } from "../image/warp.js";
import { bounds, boxCorners } from "./geometry.js";
import { HEIGHT } from "./line_image.js";

// 32 rows of 32 levels, 255 = ink; the tile may include a neighbor's ink. `box`: the digit's, in pixels of the picture.
export function rowTile({ image, toPicture }, box) {
  const { data, width } = image;
  const { left, right } = bounds(mappedPoints(boxCorners(box), inverseOf(toPicture)));
  const start = clamp(roundEven((left + right) / 2) - (HEIGHT >> 1), 0, Math.max(0, width - HEIGHT));
  const level = (x, y) => (x < width ? roundEven(Math.fround(clamp(data[y * width + x], 0, 1) * 255)) : 0);
  return Array.from({ length: HEIGHT }, (_, y) => Array.from({ length: HEIGHT }, (_, x) => level(start + x, y)));
}
