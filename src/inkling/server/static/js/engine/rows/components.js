// Connected components of ink: { labels, boxes, areas }. `labels`: an image, 0 = paper; `boxes` and `areas`: by label,
// the paper first. Selected components are marked with 1 in a Uint8Array by label.

import { AREA, connectedComponents, FIELDS, LEFT } from "../image/components.js";
import { grey } from "../image/grey.js";

// A mask -> its components, 8-connected.
export function findComponents(mask) {
  const { count, labels, stats } = connectedComponents(mask);
  const starts = Array.from({ length: count }, (_, i) => i * FIELDS);
  return {
    labels,
    boxes: starts.map((at) => [...stats.subarray(at + LEFT, at + LEFT + 4)]),
    areas: starts.map((at) => stats[at + AREA]),
  };
}

// The labels of all components except the paper.
export const allOf = ({ boxes }) => Array.from({ length: boxes.length - 1 }, (_, i) => i + 1);

// A Uint8Array by label, 1 for the chosen labels.
export function memberOf({ boxes }, chosen) {
  const member = new Uint8Array(boxes.length);
  for (const i of chosen) member[i] = 1;
  return member;
}

// A mask of the components that are 1 in `member`.
export function maskOf({ labels: { width, height, data } }, member) {
  return grey(width, height, levelsOf(data, member));
}

// An image with the value of `member` for each label.
export function levelsOf(labels, member) {
  const levels = new Uint8Array(labels.length);
  for (let i = 0; i < labels.length; i++) levels[i] = member[labels[i]];
  return levels;
}

// The labels of components that a mask touches.
export function touched({ labels, boxes }, mask) {
  if (!mask.data.includes(1)) return [];
  const found = new Uint8Array(boxes.length);
  for (let i = 0; i < mask.data.length; i++) if (mask.data[i]) found[labels.data[i]] = 1;
  return allOf({ boxes }).filter((i) => found[i]);
}

// The values of an image at a component's pixels.
export function valuesAt({ labels, boxes }, i, { data }) {
  const [x, y, w, h] = boxes[i];
  const values = [];
  for (let v = y; v < y + h; v++) {
    for (let at = v * labels.width + x; at < v * labels.width + x + w; at++) if (labels.data[at] === i) values.push(data[at]);
  }
  return values;
}
