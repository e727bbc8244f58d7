// Skip stages of the pipeline, to see what each contributes to the reading of an image. Like
// `inkling.explain.ablation`, which lists the replacement for each stage.

import { float, grey } from "./image/grey.js";
import { resizeArea, resizeCubic } from "./image/resize.js";
import {
  centeredByMass, downscaledIfLarge, glyphCrops, joinedTiles, LONGEST, normalizeStrokeWidth, resizedBy, scaledToPeak, SIDE, trim,
} from "./normalize.js"; // prettier-ignore

// A prepared image { image, ink, segmentation, tiles } without the stages named in `off`: ink, glyphs, shape, centre, pen.
export function preparedWithout(prepared, off) {
  const { width, height, data } = prepared.image;
  const isInk = !off.includes("ink");
  const ink = isInk ? prepared.ink : grey(width, height, Float32Array.from(data, (level) => level / 255));
  if (isInk && !off.includes("glyphs")) {
    const tiles = glyphCrops(ink, prepared.segmentation).map((part) => tileWithout(trim(part), off));
    return { ...prepared, ink, tiles: joinedTiles(tiles) };
  }
  const segmentation = whole(ink); // digits cannot be found without ink
  return { ...prepared, ink, segmentation, tiles: joinedTiles(segmentation.lines.map(() => tileWithout(ink, off))) };
}

// A whole image as one glyph; no glyph if the image is blank.
function whole({ width, height, data }) {
  const isBlank = data.every((value) => value === 0);
  const lines = isBlank ? [] : [[{ box: [0, 0, width, height], components: [1] }]];
  return { lines, labels: grey(width, height, new Uint16Array(width * height).fill(1)), corner: [0, 0], count: 1 };
}

// The ink of one digit -> its tile, like `normalizeCrop`, but without the stages that are off.
function tileWithout(part, off) {
  const side = Math.max(part.width, part.height);
  let small = downscaledIfLarge(part, side);
  const hasStrokes = !off.includes("pen") && !off.includes("ink"); // stroke width needs ink
  if (hasStrokes) small = normalizeStrokeWidth(small, Math.max(small.width, small.height));
  const longer = Math.max(small.width, small.height);
  if (off.includes("shape")) return scaledToPeak((longer > SIDE ? resizeArea : resizeCubic)(small, SIDE, SIDE));
  const sized = scaledToPeak(resizedBy(small, LONGEST / longer));
  return off.includes("centre") ? inCorner(sized) : centeredByMass(sized);
}

function inCorner({ width, height, data }) {
  const tile = float(SIDE, SIDE);
  for (let row = 0; row < height; row += 1) tile.data.set(data.subarray(row * width, (row + 1) * width), row * SIDE);
  return tile;
}
