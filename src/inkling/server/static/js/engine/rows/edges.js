// Ink that reaches in from the picture's border and is not a digit: a book, a desk, a finger, a scroll bar. Like
// `without_edges` in `inkling.pipeline.layout.rows`.

import { ROWS as CONFIG } from "../config.js";
import { dilate } from "../image/filters.js";
import { distanceTransform } from "../image/distance.js";
import { crop, grey } from "../image/grey.js";
import { median } from "../image/numbers.js";
import { allOf, maskOf, memberOf, touched, valuesAt } from "./components.js";
import { greatest } from "./numbers.js";

// Removes ink that reaches in from the border and is thicker than the strokes or too long for a digit. A frame or digit
// attached to something thick is kept, except beside a sheet.
//
// `components`: those of the mask; `border`: a mask of the picture's outermost pixels, or of the surroundings of a
// sheet (`isSheet`), where slivers are parts of the sheet's edge. -> { rest, fromBorder, edges }: masks of the
// remaining ink and of all ink that reached in from the border, and boxes of the removed ink.
export function withoutEdges(mask, components, border, isSheet) {
  const { boxes, labels } = components;
  const inked = grey(mask.width, mask.height);
  for (let at = 0; at < mask.data.length; at++) inked.data[at] = mask.data[at] & border.data[at];
  const atBorder = touched(components, inked);
  const reachesIn = memberOf(components, atBorder);
  const inner = allOf(components).filter((i) => !reachesIn[i]);
  if (!atBorder.length || (!inner.length && !isSheet)) return { rest: mask, fromBorder: inked, edges: [] };
  const fromBorder = maskOf(components, reachesIn);
  if (!inner.length) return { rest: grey(mask.width, mask.height), fromBorder, edges: atBorder.map((i) => boxes[i]) };
  const highest = greatest(inner.map((i) => boxes[i][3]));
  const tall = inner.filter((i) => boxes[i][3] >= CONFIG.tall_share * highest);
  const height = median(tall.map((i) => boxes[i][3]));
  const contact = new Int32Array(boxes.length); // pixels at the border
  for (let at = 0; at < border.data.length; at++) if (border.data[at]) contact[labels.data[at]]++;
  // Inner components that are too small do not show the size of a digit, so large components at the border are kept.
  const judged = atBorder.filter((i) => isSheet || height >= CONFIG.min_inner_share * Math.min(boxes[i][2], boxes[i][3]));
  const bars = judged.filter((i) => isBar(boxes[i], contact[i], height) || (isSheet && isSliver(boxes[i], height)));
  const kept = new Uint8Array(boxes.length).fill(1);
  for (const i of bars) kept[i] = 0;
  kept[0] = 0;
  const rest = maskOf(components, kept);
  const edges = bars.map((i) => boxes[i]);
  if (bars.length === judged.length) return { rest, fromBorder, edges };
  const distance = distanceTransform(mask);
  const limit = CONFIG.max_thickness * median(tall.map((i) => greatest(valuesAt(components, i, distance)))) + 1;
  const side = 2 * Math.trunc(limit + 2) + 1;
  for (const i of judged.filter((one) => !bars.includes(one))) {
    const [x, y, w, h] = boxes[i];
    const own = crop(labels, x, y, w, h).data.map((label) => Number(label === i));
    const thick = crop(distance, x, y, w, h).data;
    const core = grey(w, h, Uint8Array.from(own, (value, at) => Number(value && thick[at] > limit)));
    if (!core.data.some(Boolean)) continue;
    // Ink attached to the thick part may be writing, but beside a sheet it is the rim of the desk.
    const hidden = isSheet ? new Uint8Array(own.length).fill(1) : dilate(core, side).data;
    for (let at = 0; at < own.length; at++) {
      if (hidden[at] && own[at]) rest.data[(y + Math.floor(at / w)) * mask.width + x + (at % w)] = 0;
    }
    edges.push(boxes[i]);
  }
  return { rest, fromBorder, edges };
}

// Whether a component is as thin as the edge of a sheet or as small as remains of it.
function isSliver([, , w, h], height) {
  return Math.min(w, h) < CONFIG.sliver_thickness * height || Math.max(w, h) < CONFIG.edge_thickness * height;
}

// Whether a component at the border is too long for a digit, or is a piece of a line along the border. `contact`: the
// number of its pixels at the border.
function isBar([, , w, h], contact, height) {
  const [short, long] = [Math.min(w, h), Math.max(w, h)];
  const runsAlong = contact >= CONFIG.min_contact * long;
  const [low, high] = CONFIG.stroke_range; // a component of this length may be a 1 that touches the border
  if (short < CONFIG.edge_thickness * height && long > (runsAlong ? high : CONFIG.pointing_length) * height) return true;
  return runsAlong && long < low * height && long > CONFIG.min_piece_aspect * short;
}
