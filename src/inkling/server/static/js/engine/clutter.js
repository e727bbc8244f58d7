// Components that are neither digits nor parts of digits: frames, specks, remains of shadows. Like the corresponding
// part of `inkling.pipeline.segmentation`. A component is { number, box, area }; `found` is { labels, corner, count }.

import { SEGMENTATION as CONFIG } from "./config.js";
import { crop } from "./image/grey.js";
import { quantile, roundEven } from "./image/numbers.js";
import { referenceHeight } from "./segmentation.js";

// The components that may be digits or parts of digits, ordered by number: all except frames, specks and, beyond
// CONFIG.max_components, the smallest. The largest component if all are frames.
export function clutterFree(components, found, ink) {
  const kept = components.filter((one) => !isFrameOfImage(one, components, found, ink));
  if (!kept.length) return [components.reduce((largest, one) => (one.area > largest.area ? one : largest))];
  const largest = [...kept].sort((a, b) => b.area - a.area).slice(0, CONFIG.max_components);
  const numbered = largest.sort((a, b) => a.number - b.number);
  const rest = numbered.filter((one) => !(isHollowAround(one, numbered) && isAlongItsBox(one, found)));
  const leastSize = CONFIG.max_speck_size * referenceHeight(rest.map(({ box }) => box));
  return rest.filter(({ box: [, , w, h] }) => Math.max(w, h) >= leastSize);
}

// The components without those that reach the image's border and have little full ink; all if none would be left.
export function shadowFree(components, { labels, corner }, ink) {
  const kept = components.filter(({ number, box: [x, y, w, h] }) => {
    if (x > 0 && y > 0 && x + w < ink.width && y + h < ink.height) return true;
    const [part, own] = [crop(labels, x - corner[0], y - corner[1], w, h), crop(ink, x, y, w, h)];
    return quantile(own.data.filter((_, i) => part.data[i] === number), 0.75) >= CONFIG.full_ink;
  });
  return kept.length ? kept : components;
}

function isFrameOfImage(one, components, found, { width, height }) {
  const [x, y, w, h] = one.box;
  const touched = (x <= 0) + (y <= 0) + (x + w >= width) + (y + h >= height);
  const isLong = w >= CONFIG.frame_extent * width || h >= CONFIG.frame_extent * height;
  if (!isLong || touched < 2) return false;
  // The tallest component may be a digit that fills the image, with specks beside it.
  const isTallest = components.every((other) => other === one || other.box[3] < CONFIG.max_part_size * h);
  return !(isTallest && !isAlongBorder(one, found, width, height));
}

// Whether most of a component lies along the border of the image, like a frame.
function isAlongBorder({ number, area }, { labels, corner: [x0, y0] }, width, height) {
  const margin = Math.max(1, roundEven(CONFIG.frame_border_share * Math.max(width, height)));
  const inner = count(labels, number, margin - x0, margin - y0, width - margin - x0, height - margin - y0);
  return inner < 0.5 * area;
}

// Whether a component may be a printed box: it is hollow and has something inside.
function isHollowAround({ box: [x, y, w, h], area }, components) {
  if (area >= CONFIG.max_frame_fill * w * h) return false;
  return components.some(
    ({ box: [left, top, width, height] }) =>
      left > x && top > y && left + width < x + w && top + height < y + h && height >= CONFIG.min_framed_height * h,
  );
}

// Whether nearly all of a component is near the sides of its box, like a frame or a ring around a number.
function isAlongItsBox({ number, box: [left, top, w, h], area }, { labels, corner }) {
  const [x, y] = [left - corner[0], top - corner[1]];
  const [dx, dy] = [roundEven(CONFIG.frame_side_band * w), roundEven(CONFIG.frame_side_band * h)];
  return count(labels, number, x + dx, y + dy, x + w - dx, y + h - dy) <= (1 - CONFIG.min_frame_share) * area;
}

// The number of pixels with a label between two corners.
function count({ width, height, data }, number, x0, y0, x1, y1) {
  let n = 0;
  for (let y = Math.max(y0, 0); y < Math.min(y1, height); y += 1) {
    for (let x = Math.max(x0, 0); x < Math.min(x1, width); x += 1) if (data[y * width + x] === number) n += 1;
  }
  return n;
}
