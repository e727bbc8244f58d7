// Small images of weights and digits, in the page's colors.

import { colour } from "./number_format.js";

// Maps of side x side bytes, `columns` per row, one pixel apart. `shade(byte)` returns [red, green, blue].
export function paintMaps(canvas, maps, { side, columns, shade }) {
  const n = maps.length / (side * side);
  const rows = Math.ceil(n / columns);
  const pitch = side + 1;
  canvas.width = columns * pitch - 1;
  canvas.height = Math.max(1, rows * pitch - 1);
  const context = canvas.getContext("2d");
  const image = context.createImageData(canvas.width, canvas.height);
  for (let i = 0; i < maps.length; i++) {
    const map = Math.floor(i / (side * side));
    const x = (map % columns) * pitch + (i % side);
    const y = Math.floor(map / columns) * pitch + Math.floor((i % (side * side)) / side);
    const [red, green, blue] = shade(maps[i]);
    image.data.set([red, green, blue, 255], 4 * (y * canvas.width + x));
  }
  context.putImageData(image, 0, 0);
}

// Returns a `shade`: byte 0 is paper, 255 is ink.
export function inkShade() {
  return ramp(colour("--paper"), colour("--ink"));
}

// Returns a `shade`: byte 128 is 0, lower bytes are ochre, higher bytes are blue.
export function weightShade() {
  const paper = colour("--paper");
  const [minus, plus] = [ramp(paper, colour("--ochre")), ramp(paper, colour("--blue"))];
  return (byte) => (byte < 128 ? minus((128 - byte) * 2) : plus((byte - 128) * 2));
}

function ramp(from, to) {
  const shades = Array.from({ length: 256 }, (_, i) => [0, 1, 2].map((c) => from[c] + ((to[c] - from[c]) * i) / 255));
  return (byte) => shades[Math.min(byte, 255)];
}
