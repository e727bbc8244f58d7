// Images of test digits: the first 1,000 from the shared file, later misread ones from the report's sheet of mistakes.

import { loadDigits } from "../common/test_digits.js";
import { path } from "./report_client.js";

const SIDE = 28;

// Returns a function: index in the map -> 784 values, 0 paper to 255 ink; null if there is no image.
export async function loadTiles(name, { map, mistakes }) {
  const [{ images }, sheet] = await Promise.all([loadDigits(), loadSheet(`${path(name)}/mistakes.png`)]);
  const place = new Map(mistakes.index.map((index, at) => [index, at]));
  return (i) => {
    const index = map.index[i];
    const length = SIDE * SIDE;
    if (index < map.shared) return images.subarray(index * length, (index + 1) * length);
    return place.has(index) ? cut(sheet, place.get(index), mistakes.columns) : null;
  };
}

async function loadSheet(url) {
  const image = new Image();
  image.src = url;
  await image.decode();
  const canvas = new OffscreenCanvas(image.naturalWidth, image.naturalHeight);
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  pen.drawImage(image, 0, 0);
  return pen;
}

function cut(sheet, at, columns) {
  const { data } = sheet.getImageData((at % columns) * SIDE, Math.floor(at / columns) * SIDE, SIDE, SIDE);
  return Uint8Array.from({ length: SIDE * SIDE }, (_, i) => data[4 * i]);
}

// Paints a tile onto a 28x28 canvas in the canvas's text color.
export function paintTile(canvas, tile) {
  const pen = canvas.getContext("2d");
  pen.clearRect(0, 0, SIDE, SIDE);
  if (!tile) return;
  pen.fillStyle = getComputedStyle(canvas).color; // reads back as #rrggbb
  const [red, green, blue] = [1, 3, 5].map((at) => parseInt(pen.fillStyle.slice(at, at + 2), 16));
  const picture = pen.createImageData(SIDE, SIDE);
  tile.forEach((ink, i) => picture.data.set([red, green, blue, ink], 4 * i));
  pen.putImageData(picture, 0, 0);
}
