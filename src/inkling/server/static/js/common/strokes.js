// Strokes as vectors, and drawing them.
//
// A point is {x, y, width}, with lengths in units of the board's scale and the origin in the middle of the board, so
// that a stroke survives a resize. The screen and the image that is read use the same functions.

export const PEN_WIDTH = 0.046; // units; about the width of a felt pen
const FINE = 0.01; // units between the points of a flattened stroke

// The width of a line. A pen's pressure widens or thins the line, within limits; a mouse's constant 0.5 is ignored.
export function strokeWidth(event, usual = PEN_WIDTH) {
  return event.pointerType === "pen" && event.pressure > 0 ? usual * (0.55 + 0.9 * event.pressure) : usual;
}

// The quadratic curve [start, control, end] that ends at or before point i: from the midpoint before point i - 1 to the
// midpoint after it, with that point as control point. It is smooth at any speed of the hand.
export function curveTo(points, i) {
  const [before, control, next] = [points[Math.max(0, i - 2)], points[i - 1], points[i]];
  const start = i === 1 ? control : middle(before, control);
  return [start, control, i === points.length - 1 ? next : middle(control, next)];
}

function middle(a, b) {
  return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2, width: (a.width + b.width) / 2 };
}

// Draws the points from `start` on. `place` = {scale, x, y} maps a point to pixels of the context.
export function drawStroke(context, points, place, start = 0) {
  const at = (point) => [place.x + point.x * place.scale, place.y + point.y * place.scale];
  context.lineCap = context.lineJoin = "round";
  if (points.length === 1) {
    context.beginPath();
    context.arc(...at(points[0]), (points[0].width * place.scale) / 2, 0, 2 * Math.PI);
    context.fillStyle = context.strokeStyle;
    context.fill();
    return;
  }
  for (let i = Math.max(1, start); i < points.length; i++) {
    const [from, control, to] = curveTo(points, i);
    context.lineWidth = ((points[i - 1].width + points[i].width) / 2) * place.scale;
    context.beginPath();
    context.moveTo(...at(from));
    context.quadraticCurveTo(...at(control), ...at(to));
    context.stroke();
  }
}

// The stroke resampled finely enough to be cut anywhere; the stroke itself if its points are close enough.
export function flattened(points) {
  const near = (point, i) => i === 0 || Math.hypot(point.x - points[i - 1].x, point.y - points[i - 1].y) <= FINE;
  if (points.every(near)) return points;
  const flat = [points[0]];
  for (let i = 1; i < points.length; i++) {
    const [a, b, c] = curveTo(points, i);
    const steps = Math.ceil((Math.hypot(b.x - a.x, b.y - a.y) + Math.hypot(c.x - b.x, c.y - b.y)) / FINE) || 1;
    for (let step = 1; step <= steps; step++) flat.push(along([a, b, c], step / steps));
  }
  return flat;
}

// The point at 0 <= t <= 1 of a curve [start, control, end].
export function along([a, b, c], t) {
  const at = (key) => (1 - t) ** 2 * a[key] + 2 * t * (1 - t) * b[key] + t ** 2 * c[key];
  return { x: at("x"), y: at("y"), width: at("width") };
}

const boxes = new WeakMap(); // of finished strokes

// The bounding box of a finished stroke: {left, right, top, bottom}.
export function boxOf(points) {
  let box = boxes.get(points);
  if (!box) {
    box = { left: Infinity, right: -Infinity, top: Infinity, bottom: -Infinity };
    for (const { x, y, width } of points) {
      box.left = Math.min(box.left, x - width / 2);
      box.right = Math.max(box.right, x + width / 2);
      box.top = Math.min(box.top, y - width / 2);
      box.bottom = Math.max(box.bottom, y + width / 2);
    }
    boxes.set(points, box);
  }
  return box;
}

// How far ink may reach from the middle, in units: {x, y}. Half a line's width is added as a margin.
export function reach(strokes) {
  const far = { x: 0, y: 0 };
  for (const points of strokes) {
    for (const point of points) {
      far.x = Math.max(far.x, Math.abs(point.x) + point.width);
      far.y = Math.max(far.y, Math.abs(point.y) + point.width);
    }
  }
  return far;
}
