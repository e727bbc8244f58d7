// The steps of layout in order: a grayscale picture -> its rows of writing, straightened. Like
// `inkling.pipeline.layout.find`, but only for pictures without a comb or a table.

import { LAYOUT } from "../config.js";
import { grey } from "../image/grey.js";
import { median } from "../image/numbers.js";
import { IDENTITY, mappedPoints } from "../image/warp.js";
import { findFreeRows } from "./free_rows.js";
import { boxAround } from "./geometry.js";
import { inkThreshold, MOST_CONTRAST } from "./light.js";
import { findPage } from "./perspective.js";
import { BOX_SLACK, cut, straightened } from "./sheet.js";

// An upright grayscale picture -> { rows, ignored, tooMuch, isPage, whole }.
//
// `rows`: in reading order, each { image, toImage, strokes }; `ignored`: ink that is not writing, { kind, box };
// `tooMuch`: "texture" or "rows" if the content is too much for one answer; `isPage`: a sheet was found on a desk;
// `whole`: a function that returns the whole picture as a second view of its only row, or null if a sheet was found or
// the picture is not about one row high.
export function findLayout(image) {
  const page = findPage(image);
  const isPage = page !== null;
  const { sheet, outside } = straightened(image, page);
  const { contrast } = sheet.paper;
  if (outside) contrast.data.forEach((_, i) => outside.data[i] && (contrast.data[i] = 0));
  const threshold = inkThreshold(contrast);
  if (threshold > MOST_CONTRAST) return { rows: [], ignored: [], tooMuch: "", isPage, whole: () => null };
  const mask = grey(contrast.width, contrast.height);
  for (let i = 0; i < mask.data.length; i++) mask.data[i] = contrast.data[i] >= threshold ? 1 : 0;
  const { rows: found, ignored, crowd } = findFreeRows(sheet, mask, contrast, outside);
  const rows = readingOrder(found);
  return {
    rows: rows.slice(0, LAYOUT.max_rows),
    ignored,
    tooMuch: crowd || (rows.length > LAYOUT.max_rows ? "rows" : ""),
    isPage,
    whole: () => (!isPage && isOneRow(image, rows) ? cut(sheet, IDENTITY, [0, 0, sheet.width, sheet.height]) : null),
  };
}

// The box of a row in the picture.
function boxOfRow({ image, toImage }) {
  return boxAround([0, 0, image.width, image.height], toImage, BOX_SLACK);
}

// Whether a picture is about one row high, like pictures cropped to a number or a box.
function isOneRow({ width, height }, rows) {
  if (rows.length > 1 || width < LAYOUT.min_whole_aspect * height) return false;
  return !rows.length || boxOfRow(rows[0])[3] >= LAYOUT.min_whole_height * height;
}

// Rows from top to bottom along their tilt, and rows side by side from left to right.
function readingOrder(rows) {
  if (rows.length < 2) return rows;
  const slants = rows.map(({ toImage }) => {
    const length = Math.hypot(toImage[0], toImage[3]);
    return [toImage[0] / length, toImage[3] / length];
  });
  const [alongX, alongY] = [0, 1].map((k) => median(slants.map((slant) => slant[k])));
  const placed = rows.map((row) => {
    const { image, toImage } = row;
    const [[x, y]] = mappedPoints([[image.width / 2, image.height / 2]], toImage);
    return {
      row,
      across: x * alongX + y * alongY,
      down: y * alongX - x * alongY,
      height: image.height * Math.hypot(toImage[1], toImage[4]),
    };
  });
  const lines = [];
  for (const one of placed.sort((a, b) => a.down - b.down)) {
    const first = lines.at(-1)?.[0];
    if (first && one.down - first.down < 0.5 * Math.min(one.height, first.height)) lines.at(-1).push(one);
    else lines.push([one]);
  }
  return lines.flatMap((line) => line.sort((a, b) => a.across - b.across).map(({ row }) => row));
}
