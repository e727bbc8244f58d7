// A picture turned and cropped.
//
// Coordinates are in pixels of the picture, along the turned picture's axes, with the origin in its middle, so that a
// part stays in place when the picture is turned a little. A part is {left, top, right, bottom}.

const EDGE = 0.02; // share of a side: the strip from which the corners of a turned picture are filled
const SAMPLES = 24; // along a strip: few, so that a stroke at the edge leaves no line
const BLEED = 1; // pixels by which a filling overlaps the picture, to avoid a seam

// The whole picture of [width, height], turned by `degrees` clockwise.
export function wholeOf([width, height], degrees) {
  const [sin, cos] = sinCos(degrees).map(Math.abs);
  const [x, y] = [(width * cos + height * sin) / 2, (width * sin + height * cos) / 2];
  return { left: -x, top: -y, right: x, bottom: y };
}

// The part after a quarter turn clockwise.
export function quarterTurned({ left, top, right, bottom }) {
  return { left: -bottom, top: left, right: -top, bottom: right };
}

// The part, moved and clipped to fit inside `whole`.
export function inside(part, whole) {
  const [width, height] = [Math.min(part.right - part.left, whole.right - whole.left), Math.min(part.bottom - part.top, whole.bottom - whole.top)];
  const left = Math.min(Math.max(part.left, whole.left), whole.right - width);
  const top = Math.min(Math.max(part.top, whole.top), whole.bottom - height);
  return { left, top, right: left + width, bottom: top + height };
}

// Draws a part of the turned picture: a canvas whose longer side is at most `mostPixels`. The empty corners of a turned
// picture are filled from its edges.
export function drawn(image, [width, height], degrees, part, mostPixels) {
  const size = [part.right - part.left, part.bottom - part.top];
  const scale = Math.min(1, mostPixels / Math.max(...size));
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = size.map((length) => Math.max(1, Math.round(length * scale)));
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.fillStyle = "#fff"; // under a transparent picture
  context.fillRect(0, 0, canvas.width, canvas.height);
  const [sin, cos] = sinCos(degrees).map((one) => one * scale);
  context.setTransform(cos, sin, -sin, cos, -part.left * scale, -part.top * scale);
  if (degrees % 90 !== 0) fillAround(context, image, width, height);
  context.drawImage(image, -width / 2, -height / 2, width, height);
  return canvas;
}

function sinCos(degrees) {
  if (degrees % 90 === 0) return [[0, 1], [1, 0], [0, -1], [-1, 0]][(((degrees / 90) % 4) + 4) % 4]; // prettier-ignore
  const angle = (degrees * Math.PI) / 180;
  return [Math.sin(angle), Math.cos(angle)];
}

function fillAround(context, image, width, height) {
  const [x, y] = [width / 2, height / 2];
  const far = Math.max(width, height); // no corner is farther out
  const strip = [Math.max(1, EDGE * width), Math.max(1, EDGE * height)];
  for (const [sx, toX, w] of [[0, -x - far, far + BLEED], [null, -x, width], [width - strip[0], x - BLEED, far + BLEED]]) {
    for (const [sy, toY, h] of [[0, -y - far, far + BLEED], [null, -y, height], [height - strip[1], y - BLEED, far + BLEED]]) {
      if (sx === null && sy === null) continue;
      const from = [sx ?? 0, sy ?? 0, sx === null ? width : strip[0], sy === null ? height : strip[1]];
      const sample = averaged(image, from, sx === null ? SAMPLES : 1, sy === null ? SAMPLES : 1);
      context.drawImage(sample, toX, toY, w, h);
    }
  }
}

// A canvas of `columns` x `rows` pixels, onto which a rectangle of the image is averaged.
function averaged(image, from, columns, rows) {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [columns, rows];
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.drawImage(image, ...from, 0, 0, columns, rows);
  return canvas;
}
