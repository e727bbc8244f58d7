// The eraser: removes the ink it passes over; a stroke that it crosses is split.

import { boxOf, flattened } from "./strokes.js";

export const ERASER_WIDTH = 0.1; // units

// The strokes after the eraser moves from one point to another: {strokes, changed}. `changed` holds the strokes removed
// or added; it is empty if nothing was hit.
export function erase(strokes, from, to) {
  const radius = ERASER_WIDTH / 2;
  const near = {
    left: Math.min(from.x, to.x) - radius,
    right: Math.max(from.x, to.x) + radius,
    top: Math.min(from.y, to.y) - radius,
    bottom: Math.max(from.y, to.y) + radius,
  };
  const changed = [];
  const left = strokes.flatMap((stroke) => {
    if (!overlap(boxOf(stroke), near)) return [stroke];
    const parts = without(stroke, (point) => distance(point, from, to) <= radius + point.width / 4);
    if (parts.length === 1 && parts[0] === stroke) return [stroke];
    changed.push(stroke, ...parts);
    return parts;
  });
  return { strokes: changed.length ? left : strokes, changed };
}

export function overlap(a, b) {
  return a.left <= b.right && b.left <= a.right && a.top <= b.bottom && b.top <= a.bottom;
}

// The parts of a stroke whose points are not hit; the stroke itself if no point is hit.
function without(stroke, hit) {
  const points = flattened(stroke);
  const parts = [];
  let part = [];
  for (const point of points) {
    if (!hit(point)) part.push(point);
    else if (part.length) {
      parts.push(part);
      part = [];
    }
  }
  if (part.length === points.length) return [stroke];
  if (part.length) parts.push(part);
  return parts.filter((one) => one.length > 1); // drops single points
}

// The distance from a point to the segment between two others.
function distance(point, from, to) {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const length = dx * dx + dy * dy;
  const along = length && Math.min(1, Math.max(0, ((point.x - from.x) * dx + (point.y - from.y) * dy) / length));
  return Math.hypot(point.x - from.x - along * dx, point.y - from.y - along * dy);
}
