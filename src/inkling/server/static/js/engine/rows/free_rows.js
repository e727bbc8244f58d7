// Rows of free writing: the ink without ruled lines, edges and dirt, with each row leveled separately. Like
// `inkling.pipeline.layout.free_rows`.

import { LAYOUT, ROWS as CONFIG, RULES } from "../config.js";
import { dilate } from "../image/filters.js";
import { crop, grey, transposed } from "../image/grey.js";
import { clamp, median, roundEven } from "../image/numbers.js";
import { IDENTITY, inverseOf, mappedPoints, multiplied, warpAffine, warpPerspective } from "../image/warp.js";
import { allOf, findComponents, levelsOf, memberOf, touched, valuesAt } from "./components.js";
import { withoutEdges } from "./edges.js";
import { asLevelled, bounds, boxCorners, isIdentity, shift, turned, union } from "./geometry.js";
import { greatest, least, sum } from "./numbers.js";
import { groupRows, rowTilt } from "./rows.js";
import { findRules, tiltOfLines, withoutLines } from "./rules.js";
import { cut, pictureBox } from "./sheet.js";

const REACH = 2; // work pixels: the width of the soft edge of ink, which is painted over too
const BESIDE = 3; // work pixels: ink this near a sheet's edge counts as touching it

// Rows of ink, ignored ink, and what there is too much of ("" for nothing): { rows, ignored, crowd }.
//
// `mask` and `contrast`: those of the work picture; `outside`: a mask of a sheet's surroundings, or null. A row is {
// image, toImage, strokes }; an ignored item is { kind, box }.
export function findFreeRows(sheet, mask, contrast, outside) {
  if (!mask.data.includes(1)) return { rows: [], ignored: [], crowd: "" };
  const { writing, ignored } = writingOf(sheet, mask, outside);
  const { components } = writing;
  let kept = allOf(components);
  let crowd = "";
  if (kept.length > LAYOUT.max_components) {
    crowd = "texture";
    kept = kept.sort((a, b) => components.areas[b] - components.areas[a]).slice(0, LAYOUT.max_components);
  }
  let rows = groupRows(kept.map((i) => components.boxes[i]), sheet.height).map((row) => row.map((i) => kept[i]));
  rows = strongRows(rows, writing, contrast);
  const whole = rows.filter((row) => !liesAtBorder(writing, row));
  if (whole.length) {
    const cutOff = rows.filter((row) => !whole.includes(row));
    ignored.push(...cutOff.map((row) => ({ kind: "edge", box: pictureBox(sheet, writing.level, boxOf(writing, row)) })));
    rows = whole;
  }
  if (rows.length > LAYOUT.max_rows) [crowd, rows] = [crowd || "rows", rows.slice(0, LAYOUT.max_rows)];
  const inRows = memberOf(components, rows.flat());
  return { rows: rows.map((row) => freeRow(sheet, writing, row, inRows)), ignored, crowd };
}

const boxOf = ({ components }, row) => union(row.map((i) => components.boxes[i]));

// Levels the ink by its ruled lines, and removes these lines, upright lines and edges -> { writing, ignored }.
//
// `writing`: { level, components, atBorder, strange, rules }: the matrix from work pixels to leveled ones; the
// components of the remaining ink; by label, 1 for components at the picture's border; a mask of the removed edges,
// which rows must not show, or null; the boxes of the ruled lines.
function writingOf(sheet, whole, outside) {
  let mask = whole;
  const rim = Math.max(1, roundEven(CONFIG.border_share * Math.min(mask.width, mask.height)));
  let border = outside ? dilate(outside, 2 * BESIDE + 1) : frameOf(mask, rim);
  let components = findComponents(mask);
  const minLength = minRuleLength(components);
  const slope = tiltOfLines(mask, minLength);
  let level = IDENTITY;
  const isTilted = slope !== null && Math.abs(slope) >= Math.tan((RULES.min_tilt_deg * Math.PI) / 180);
  if (isTilted) {
    border = dilate(asLevelled(border, turned(slope)).mask, 3);
    ({ mask, moved: level } = asLevelled(mask, turned(slope)));
  }
  let rules = [];
  if (slope !== null) {
    const found = findRules(mask, minLength);
    rules = found.boxes;
    if (rules.length) mask = withoutLines(mask, found.lines);
  }
  const uprights = uprightLines(mask);
  if (uprights.boxes.length) mask = transposed(withoutLines(transposed(mask), uprights.lines));
  if (isTilted || rules.length || uprights.boxes.length) components = findComponents(mask);
  const { rest, fromBorder, edges } = withoutEdges(mask, components, border, outside !== null);
  if (edges.length) components = findComponents(rest);
  const found = (kind, boxes) => boxes.map((box) => ({ kind, box: pictureBox(sheet, level, box) }));
  return {
    writing: {
      level,
      components,
      atBorder: memberOf(components, touched(components, fromBorder)),
      strange: edges.length ? lostFrom(mask, rest) : null,
      rules,
    },
    ignored: [...found("rule", [...rules, ...uprights.boxes]), ...found("edge", edges)],
  };
}

// The pixels of a mask that are missing from `rest`.
function lostFrom(mask, rest) {
  const lost = grey(mask.width, mask.height);
  for (let i = 0; i < lost.data.length; i++) lost.data[i] = mask.data[i] & ~rest.data[i];
  return lost;
}

// A mask of the outermost pixels.
function frameOf({ width, height }, rim) {
  const frame = grey(width, height);
  for (let y = 0; y < height; y++) {
    const row = y * width;
    if (y < rim || y >= height - rim) frame.data.fill(1, row, row + width);
    else frame.data.fill(1, row, row + rim).fill(1, row + width - rim, row + width);
  }
  return frame;
}

// The least length in pixels of a ruled line: longer than strokes of the digits in the mask.
function minRuleLength({ boxes, labels: { width } }) {
  const heights = boxes.slice(1).map(([, , , h]) => h);
  if (!heights.length) return RULES.min_rule_share * width;
  const highest = greatest(heights);
  const height = median(heights.filter((h) => h >= CONFIG.tall_share * highest));
  return Math.max(RULES.min_rule_share * width, Math.min(RULES.rule_to_digit * height, RULES.enough_share * width));
}

// Vertical lines much longer than the height of the digits beside them: edges of books and borders of tables, not a 1.
//
// -> { lines, boxes }: a mask of the lines with x and y swapped, and their boxes in the given mask.
function uprightLines(mask) {
  const minLength = Math.max(RULES.min_rule_share * mask.height, RULES.min_upright_px);
  const none = { lines: null, boxes: [] };
  if (mask.height < minLength) return none;
  const { lines, boxes } = findRules(transposed(mask), minLength);
  if (!boxes.length) return none;
  const components = findComponents(mask);
  const ofLines = memberOf(components, touched(components, transposed(lines)));
  const highest = greatest(allOf(components).filter((i) => !ofLines[i]).map((i) => components.boxes[i][3]));
  if (highest === -Infinity || least(boxes.map(([, , w]) => w)) < RULES.rule_to_digit * highest) return none;
  return { lines, boxes: boxes.map(([x, y, w, h]) => [y, x, h, w]) };
}

// The rows, except those that are low or faint compared with the others: dirt, graph-paper squares, show-through.
function strongRows(rows, { level, components }, contrast) {
  if (rows.length < 2) return rows;
  const { width, height } = components.labels;
  const levelled = isIdentity(level) ? contrast : warpAffine(contrast, level, width, height);
  const about = rows.map((row) => {
    const heightsOf = (members) => members.map((i) => components.boxes[i][3]);
    const highest = greatest(heightsOf(row));
    const tallest = row
      .filter((i) => components.boxes[i][3] >= CONFIG.tall_share * highest)
      .slice(0, CONFIG.sampled_components);
    return {
      height: median(heightsOf(tallest)),
      strength: median(tallest.map((i) => median(valuesAt(components, i, levelled)))),
    };
  });
  const [highest, strongest] = ["height", "strength"].map((name) => greatest(about.map((one) => one[name])));
  return rows.filter(
    (_, i) =>
      about[i].height >= CONFIG.min_row_share * highest && about[i].strength >= CONFIG.min_strength * strongest,
  );
}

// Whether all tall components of a row reach the picture's border, like remains of a neighboring row, a frame or a
// ruled line.
function liesAtBorder({ components: { boxes }, atBorder }, row) {
  const highest = greatest(row.map((i) => boxes[i][3]));
  return row.filter((i) => boxes[i][3] >= CONFIG.tall_share * highest).every((i) => atBorder[i]);
}

// One row of components -> its picture, leveled separately and without the other rows.
//
// `inRows`: by label, 1 for the components of all rows.
function freeRow(sheet, writing, row, inRows) {
  const own = memberOf(writing.components, row);
  const slope = rowTilt(sampledPoints(writing.components, own, row));
  const level = slope ? multiplied(turned(slope), writing.level) : writing.level;
  const box = shownBox(sheet, writing, inkBounds(writing.components, own, row, slope), level, slope !== 0);
  const { part, toPart } = partWithin(writing, level, box);
  const maskOfInk = () => grey(part.width, part.height, levelsOf(part.data, own));
  const hides = writing.strange || inRows.some((isInRow, label) => isInRow && !own[label]);
  const { image, toImage } = cut(sheet, level, box, hides ? othersWithin(writing, part, own, inRows) : null, toPart);
  const toOwn = multiplied(toPart, sheet.toWork); // pixels of the picture -> pixels of the part
  const strokes = {
    // The row's ink as a mask of the given size; `toPicture`: pixels of the mask -> pixels of the picture.
    seen: (toPicture, width, height) =>
      warpPerspective(maskOfInk(), multiplied(toOwn, toPicture), width, height, { inverse: true, nearest: true }),
  };
  return { image, toImage, strokes };
}

// For a part of the labels, a mask of other rows and edges, including their soft rims.
function othersWithin({ strange }, part, own, inRows) {
  const others = grey(part.width, part.height, levelsOf(part.data, inRows.map((isInRow, label) => isInRow & ~own[label])));
  if (strange) crop(strange, part.x, part.y, part.width, part.height).data.forEach((value, i) => (others.data[i] |= value));
  const hidden = dilate(others, 2 * REACH + 1);
  for (let i = 0; i < part.data.length; i++) hidden.data[i] &= ~own[part.data[i]];
  return hidden;
}

// The part of the leveled picture that a row shows: its ink and a margin. `ink`: left, top, right and bottom of the
// row's pixels.
function shownBox(sheet, { rules, strange }, ink, level, isTurned) {
  let [left, top, right, base] = [ink.left, ink.top, ink.right + 1, ink.bottom + 1];
  const isUpright = isIdentity(level);
  if (!isTurned) {
    // A row on a ruled line is shown with the line, because a decimal point may be on it.
    for (const [x, y, w, h] of rules) {
      const [high, low] = [base - CONFIG.level_reach * (base - top), base + marginOf(base - top)];
      if (x < right && left < x + w && high < y + h && y + h < low) base = Math.max(base, y + h);
    }
  }
  const margin = marginOf(base - top);
  const fills = isUpright && base - top >= CONFIG.keep_share * sheet.height && !strange;
  [left, right, top, base] = [left - margin, right + margin, top - margin, base + margin];
  if (fills) [top, base] = [0, sheet.height];
  if (isUpright) {
    const [x, y] = [level[2], level[5]];
    [left, right] = [Math.max(left, x), Math.min(right, x + sheet.width)];
    [top, base] = [Math.max(top, y), Math.min(base, y + sheet.height)];
  }
  return [left, top, right - left, base - top];
}

// The part of the labels that contains a leveled box, and the matrix that maps the work picture to that part.
function partWithin({ level: writingLevel, components: { labels } }, level, box) {
  const corners = mappedPoints(boxCorners(box), multiplied(writingLevel, inverseOf(level)));
  const { left, top, right, bottom } = bounds(corners);
  const x = clamp(Math.floor(left) - REACH, 0, labels.width - 1);
  const y = clamp(Math.floor(top) - REACH, 0, labels.height - 1);
  const part = crop(labels, x, y, Math.ceil(right) + REACH - x, Math.ceil(bottom) + REACH - y);
  return { part: { ...part, x, y }, toPart: multiplied(shift(-x, -y), writingLevel) };
}

// Points [x, y] of a row's ink, enough to determine its tilt.
function sampledPoints({ labels, boxes, areas }, own, row) {
  const every = Math.ceil(sum(row.map((i) => areas[i])) / CONFIG.sampled_points);
  const points = [];
  let n = 0;
  eachPixel(labels, own, union(row.map((i) => boxes[i])), (x, y) => n++ % every === 0 && points.push([x, y]));
  return points;
}

// The least and the greatest x and y of a row's pixels, leveled by the row's slope.
function inkBounds({ labels, boxes }, own, row, slope) {
  const box = union(row.map((i) => boxes[i]));
  const [x, y, w, h] = box;
  if (!slope) return { left: x, top: y, right: x + w - 1, bottom: y + h - 1 };
  const [cos, sin, , minusSin] = turned(slope);
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  eachPixel(labels, own, box, (u, v) => {
    const [across, down] = [cos * u + sin * v, minusSin * u + cos * v];
    if (across < left) left = across;
    if (across > right) right = across;
    if (down < top) top = down;
    if (down > bottom) bottom = down;
  });
  return { left, top, right, bottom };
}

// Calls `visit(x, y)` for each pixel of selected components within a box, row by row.
function eachPixel({ width, data }, own, [x, y, w, h], visit) {
  for (let v = y; v < y + h; v++) {
    for (let u = x, at = v * width + x; u < x + w; u++, at++) if (data[at] && own[data[at]]) visit(u, v);
  }
}

// Pixels of paper to show around a row of the given height.
const marginOf = (height) => Math.max(CONFIG.margin * height, 1);
