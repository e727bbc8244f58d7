// Polygons: points are [x, y], with x to the right and y down.

import { outerContours } from "./contours.js";
import { grey } from "./grey.js";

// The convex hull of points, without those on its straight sides, clockwise on the screen. As in OpenCV, it starts at
// the lowest of the rightmost points or, for points along an outline, at its first or last point along the outline.
export function convexHull(points) {
  const order = points.map((_, i) => i).sort((i, k) => points[i][0] - points[k][0] || points[i][1] - points[k][1] || i - k);
  const isSame = (i, k) => points[i][0] === points[k][0] && points[i][1] === points[k][1];
  const unique = order.filter((i, n) => n === 0 || !isSame(i, order[n - 1]));
  if (unique.length < 3) return unique.toReversed().map((i) => points[i]);
  const half = (ordered) => {
    const chain = [];
    for (const i of ordered) {
      while (chain.length > 1 && cross(points[chain.at(-2)], points[chain.at(-1)], points[i]) <= 0) chain.pop();
      chain.push(i);
    }
    return chain.slice(0, -1);
  };
  const upper = half(unique);
  return inOrder([...half(unique.toReversed()), ...upper]).map((i) => points[i]);
}

// Rotates a ring of indices so that they are monotonic, if possible.
function inOrder(ring) {
  for (const isInOrder of [(a, b) => a < b, (a, b) => a > b]) {
    const breaks = ring.flatMap((index, i) => (isInOrder(ring.at(i - 1), index) ? [] : [i]));
    if (breaks.length === 1) return [...ring.slice(breaks[0]), ...ring.slice(0, breaks[0])];
  }
  return ring;
}

// The convex hull of a mask's pixels.
export const hullOfMask = (mask) => convexHull(outerContours(mask).flatMap(({ points }) => points));

const cross = (a, b, c) => (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);

export function contourArea(points) {
  let twice = 0;
  let before = points.at(-1);
  for (const point of points) {
    twice += before[0] * point[1] - before[1] * point[0];
    before = point;
  }
  return Math.abs(twice) / 2;
}

export function closedLength(points) {
  let length = 0;
  let before = points.at(-1);
  for (const point of points) {
    length += Math.hypot(point[0] - before[0], point[1] - before[1]);
    before = point;
  }
  return length;
}

export function isConvex(points) {
  const turns = points.map((point, i) => cross(points.at(i - 2), points.at(i - 1), point));
  return points.length > 0 && (turns.every((turn) => turn >= 0) || turns.every((turn) => turn <= 0));
}

// 1 within a polygon, 0 on its edge, -1 outside.
export function sideOf(polygon, [x, y]) {
  let inside = false;
  let [bx, by] = polygon.at(-1);
  for (const [ax, ay] of polygon) {
    const turn = (ax - bx) * (y - by) - (ay - by) * (x - bx);
    const isBetween = x >= Math.min(ax, bx) && x <= Math.max(ax, bx) && y >= Math.min(ay, by) && y <= Math.max(ay, by);
    if (turn === 0 && isBetween) return 0;
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside;
    [bx, by] = [ax, ay];
  }
  return inside ? 1 : -1;
}

// The rectangle of smallest area around points: { center: [x, y], size: [w, h], angle }. `angle`, in degrees, 0 < angle
// <= 90, is the direction of the side `w`, clockwise on the screen.
export function minAreaRect(points) {
  const hull = convexHull(points);
  if (hull.length === 1) return { center: hull[0], size: [0, 0], angle: 90 };
  let best = null;
  for (let i = 0; i < hull.length; i += 1) {
    const [[ax, ay], [bx, by]] = [hull[i], hull[(i + 1) % hull.length]];
    const length = Math.hypot(bx - ax, by - ay);
    const [ux, uy] = [(bx - ax) / length, (by - ay) / length];
    let [lowU, highU, lowV, highV] = [Infinity, -Infinity, Infinity, -Infinity];
    for (const [x, y] of hull) {
      const [u, v] = [x * ux + y * uy, y * ux - x * uy];
      [lowU, highU] = [Math.min(lowU, u), Math.max(highU, u)];
      [lowV, highV] = [Math.min(lowV, v), Math.max(highV, v)];
    }
    const [w, h] = [highU - lowU, highV - lowV];
    if (best && w * h >= best.w * best.h) continue;
    best = { w, h, ux, uy, u: (lowU + highU) / 2, v: (lowV + highV) / 2 };
  }
  const { w, h, ux, uy, u, v } = best;
  let angle = (Math.atan2(uy, ux) * 180) / Math.PI;
  let turns = 0;
  for (; angle <= 1e-9; angle += 90) turns += 1;
  for (; angle > 90 + 1e-9; angle -= 90) turns += 1;
  return { center: [u * ux - v * uy, u * uy + v * ux], size: turns % 2 ? [h, w] : [w, h], angle };
}

// A closed outline with fewer points, at most `tolerance` away from the original (Douglas, Peucker 1973).
export function simplified(points, tolerance) {
  const count = points.length;
  if (count === 0) return [];
  const limit = tolerance * tolerance;
  let [position, farthest, start, isNear] = [0, 0, points[0], false];
  for (let round = 0; round < 3; round += 1) {
    // find two points far from each other
    position = (position + farthest) % count;
    start = points[position];
    position = (position + 1) % count;
    let most = 0;
    for (let j = 1; j < count; j += 1) {
      const distance = (points[position][0] - start[0]) ** 2 + (points[position][1] - start[1]) ** 2;
      position = (position + 1) % count;
      if (distance > most) [most, farthest] = [distance, j];
    }
    isNear = most <= limit;
  }
  if (isNear) return [start];
  const [one, other] = [position % count, (farthest + position) % count];
  return withoutStraightPoints(split(points, [[other, one], [one, other]], limit), limit);
}

function split(points, stack, limit) {
  const count = points.length;
  const kept = [];
  while (stack.length) {
    const [from, to] = stack.pop();
    const [start, end] = [points[from], points[to]];
    const [dx, dy] = [end[0] - start[0], end[1] - start[1]];
    let [most, farthest] = [0, 0];
    for (let i = (from + 1) % count; i !== to; i = (i + 1) % count) {
      const distance = Math.abs((points[i][1] - start[1]) * dx - (points[i][0] - start[0]) * dy);
      if (distance > most) [most, farthest] = [distance, i];
    }
    if ((from + 1) % count === to || most * most <= limit * (dx * dx + dy * dy)) kept.push(start);
    else stack.push([farthest, to], [from, farthest]);
  }
  return kept;
}

function withoutStraightPoints(points, limit) {
  const out = [...points];
  const count = points.length;
  let remaining = count;
  let position = count - 1;
  const read = () => {
    const point = out[position];
    position = (position + 1) % count;
    return point;
  };
  let start = read();
  let write = position;
  let point = read();
  for (let i = 0; i < count && remaining > 2; i += 1) {
    const end = read();
    const [dx, dy] = [end[0] - start[0], end[1] - start[1]];
    const distance = Math.abs((point[0] - start[0]) * dy - (point[1] - start[1]) * dx);
    const ahead = (point[0] - start[0]) * (end[0] - point[0]) + (point[1] - start[1]) * (end[1] - point[1]);
    if (distance * distance <= 0.5 * limit * (dx * dx + dy * dy) && dx !== 0 && dy !== 0 && ahead >= 0) {
      remaining -= 1;
      out[write] = start = end;
      write = (write + 1) % count;
      point = read();
      i += 1;
      continue;
    }
    out[write] = start = point;
    write = (write + 1) % count;
    point = end;
  }
  return out.slice(0, remaining);
}

// Fills a convex polygon of integer points in a uint8 image, including its outline.
export function fillConvex(image, points, value) {
  const { width, height, data } = image;
  const [low, high] = [new Int32Array(height).fill(width), new Int32Array(height).fill(-1)];
  const reach = (x, y) => {
    if (y < 0 || y >= height) return;
    if (x < low[y]) low[y] = x;
    if (x > high[y]) high[y] = x;
  };
  points.forEach((end, i) => {
    const start = points.at(i - 1);
    drawnLine(start, end, reach);
    const [[ax, ay], [bx, by]] = start[1] <= end[1] ? [start, end] : [end, start];
    const step = by > ay ? Math.trunc(((bx - ax) * 131072 + (by - ay)) / (2 * (by - ay))) : 0; // 65536ths per row
    for (let y = ay; y < by; y += 1) reach((ax * 65536 + step * (y - ay) + 32768) >> 16, y);
  });
  for (let y = 0; y < height; y += 1) {
    if (high[y] < 0 || low[y] >= width) continue;
    data.fill(value, y * width + Math.max(low[y], 0), y * width + Math.min(high[y] + 1, width));
  }
  return image;
}

// Bresenham's line, from left to right.
function drawnLine(one, other, reach) {
  const [[ax, ay], [bx, by]] = one[0] <= other[0] ? [one, other] : [other, one];
  const [dx, dy] = [Math.abs(bx - ax), Math.abs(by - ay)];
  const [stepX, stepY] = [Math.sign(bx - ax), Math.sign(by - ay)];
  let [x, y, error] = [ax, ay, 0];
  reach(x, y);
  for (let i = 0; i < Math.max(dx, dy); i += 1) {
    error += 2 * Math.min(dx, dy);
    const isAcross = error > Math.max(dx, dy);
    if (isAcross) error -= 2 * Math.max(dx, dy);
    if (dx >= dy || isAcross) x += stepX;
    if (dy > dx || isAcross) y += stepY;
    reach(x, y);
  }
}

export const filledHull = ({ width, height }, hull, value) => fillConvex(grey(width, height), hull, value);
