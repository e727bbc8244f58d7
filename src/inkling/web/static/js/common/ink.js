// Strokes as vectors, and how they are drawn.
//
// A point is {x, y, width}: lengths in units of the board's scale, origin in the middle of the board, so that a
// stroke survives a resize. The same drawing serves the screen and the picture that is sent.

export const PEN_WIDTH = 0.046; // of the scale; about what a felt pen is to a digit

// Pressure 0.5 is what a mouse reports. A pen's pressure widens or thins the line, within reason.
export function widthFor(event) {
  return event.pointerType === "pen" && event.pressure > 0 ? PEN_WIDTH * (0.55 + 0.9 * event.pressure) : PEN_WIDTH;
}

// Draws the points from `start` on. `place` = {scale, x, y} maps a point to pixels of the context.
export function drawStroke(context, points, place, start = 0) {
  const at = (point) => [place.x + point.x * place.scale, place.y + point.y * place.scale];
  context.lineCap = context.lineJoin = "round";
  if (points.length === 1) {
    const [x, y] = at(points[0]);
    context.beginPath();
    context.arc(x, y, (points[0].width * place.scale) / 2, 0, 2 * Math.PI);
    context.fillStyle = context.strokeStyle;
    context.fill();
    return;
  }
  for (let i = Math.max(1, start); i < points.length; i++) {
    // Curves from middle to middle, with the point between as control: smooth at any speed of the hand.
    const [x0, y0] = at(points[Math.max(0, i - 2)]);
    const [x1, y1] = at(points[i - 1]);
    const [x2, y2] = at(points[i]);
    const last = i === points.length - 1;
    context.lineWidth = ((points[i - 1].width + points[i].width) / 2) * place.scale;
    context.beginPath();
    context.moveTo(i === 1 ? x1 : (x0 + x1) / 2, i === 1 ? y1 : (y0 + y1) / 2);
    context.quadraticCurveTo(x1, y1, last ? x2 : (x1 + x2) / 2, last ? y2 : (y1 + y2) / 2);
    context.stroke();
  }
}

// How far ink reaches from the middle, in units: {x, y}.
export function reach(strokes) {
  const far = { x: 0, y: 0 };
  for (const point of strokes.flat()) {
    far.x = Math.max(far.x, Math.abs(point.x) + point.width);
    far.y = Math.max(far.y, Math.abs(point.y) + point.width);
  }
  return far;
}
