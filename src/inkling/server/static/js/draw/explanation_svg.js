// A drawing or picture with its answer and explanations, as one SVG: dark on white, so that it prints well from both
// color schemes. All text is escaped; the SVG loads nothing from elsewhere.

import { howSure, percent } from "../common/how_sure.js";
import { peakOf } from "../common/pixel_maps.js";
import { curveTo } from "../common/strokes.js";

const INK = "#17233c";
const QUIET = "#565963";
const BLUE = "#1d4f91";
const OCHRE = "#8a5200";
const WELL = "#eeeae0";
const EDGE = "#d5cdbd";
const SERIF = "Georgia, 'Liberation Serif', serif";
const SANS = "system-ui, 'Liberation Sans', sans-serif";

const WIDTH = 960; // units of the SVG, like all lengths here
const MARGIN = 32;
const PAPER = 440; // the longer side of the drawing
const ROW = 138; // height of one digit's explanation
const TILE = 96;
const MOST_DIGITS = 8; // with an explanation
const SOFT = 0.7; // exponent that makes small numbers visible beside large ones

// The drawing alone. `view`: {width, height, place} of its image (see Board.sentView), or {width, height, image}, where
// `image` is a data: address.
export function drawingSvg(view, strokes) {
  return svg(view.width, view.height, [rect(0, 0, view.width, view.height, "#fff"), drawing(view, strokes)]);
}

// The drawing with the answer. `reading`: an answer from the API; `whys`: for each digit, the result of `why`
// (common/why.js), or null; `network`: the network's title; `date`: a text.
export function explanationSvg({ view, strokes, reading, whys, network, date }) {
  const scale = PAPER / Math.max(view.width, view.height);
  const [width, height] = [view.width * scale, view.height * scale];
  const parts = [
    `<svg x="${MARGIN}" y="${MARGIN}" width="${width}" height="${height}" viewBox="0 0 ${view.width} ${view.height}">`,
    drawing(view, strokes),
    ...reading.digits.map((digit) => boxOf(digit, view)),
    "</svg>",
    `<rect x="${MARGIN}" y="${MARGIN}" width="${width}" height="${height}" rx="10" fill="none" stroke="${EDGE}"/>`,
    ...answer(reading, network, MARGIN + width + MARGIN),
  ];
  let top = MARGIN + Math.max(height, 230) + 2 * MARGIN;
  const shown = reading.digits.slice(0, MOST_DIGITS);
  shown.forEach((digit, i) => {
    parts.push(...reasons(digit, whys[i], top));
    top += ROW;
  });
  const more = reading.digits.length - shown.length;
  if (more > 0) parts.push(text(MARGIN, top, `and ${more} more`, { size: 15, fill: QUIET }));
  top += more > 0 ? 34 : 0;
  const source = [`inkling`, network, reading.model.version, date].filter(Boolean).join(" · ");
  parts.push(text(MARGIN, top, source, { size: 13, fill: QUIET }));
  const whole = top + MARGIN;
  return svg(WIDTH, whole, [rect(0, 0, WIDTH, whole, "#fff"), ...parts]);
}

function svg(width, height, parts) {
  const [w, h] = [width, height].map((length) => Math.ceil(length));
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${w}" height="${h}" viewBox="0 0 ${w} ${h}">${parts.join("")}</svg>`;
}

function drawing({ width, height, place, image }, strokes) {
  if (image) return `<image width="${width}" height="${height}" preserveAspectRatio="none" href="${escaped(image)}"/>`;
  const lines = strokes.map((points) => strokePaths(points, place)).join("");
  return `<g fill="none" stroke="${INK}" stroke-linecap="round" stroke-linejoin="round">${lines}</g>`;
}

// Draws the same lines as drawStroke, with a path for each run of equal width.
function strokePaths(points, { scale, x, y }) {
  const at = (point) => `${number(x + point.x * scale)} ${number(y + point.y * scale)}`;
  if (points.length === 1) {
    const [only] = points;
    return `<circle cx="${number(x + only.x * scale)}" cy="${number(y + only.y * scale)}" r="${number((only.width * scale) / 2)}" fill="${INK}" stroke="none"/>`;
  }
  const paths = [];
  for (let i = 1; i < points.length; i++) {
    const [from, control, to] = curveTo(points, i);
    const width = number(((points[i - 1].width + points[i].width) / 2) * scale);
    if (paths.at(-1)?.width !== width) paths.push({ width, d: `M${at(from)}` });
    paths.at(-1).d += `Q${at(control)} ${at(to)}`;
  }
  return paths.map(({ width, d }) => `<path stroke-width="${width}" d="${d}"/>`).join("");
}

// A box whose line is equally wide in the explanation whatever the size of the picture.
function boxOf({ box: [x, y, w, h], sure }, view) {
  const line = Math.max(view.width, view.height) / 300;
  return `<rect x="${x}" y="${y}" width="${w}" height="${h}" rx="${2 * line}" fill="none" stroke="${sure ? BLUE : OCHRE}" stroke-width="${line}"/>`;
}

function answer(reading, network, left) {
  const room = WIDTH - MARGIN - left;
  const lines = (reading.text || "–").split("\n");
  const longest = Math.max(...lines.map((line) => line.length));
  const size = Math.min(120, room / longest / 0.58, 190 / lines.length);
  const parts = lines.map((line, i) => text(left, MARGIN + size * (i + 0.85), line, { size, fill: INK, family: SERIF }));
  let y = MARGIN + size * (lines.length + 0.1) + 26;
  const put = (words, options) => {
    for (const line of wrapped(words, Math.floor(room / ((options.size ?? 16) * 0.52)))) {
      parts.push(text(left, y, line, options));
      y += (options.size ?? 16) * 1.45;
    }
  };
  if (reading.written && reading.written !== reading.text) put(`Written ${reading.written.replaceAll(/\s+/g, " ")}`, { size: 18, fill: INK });
  put(howSure(reading), { size: 18, fill: reading.outcome === "read" ? BLUE : OCHRE, weight: 600 });
  put(`Read by ${network}`, { size: 16, fill: QUIET });
  if (reading.reason) put(reading.reason, { size: 15, fill: QUIET });
  return parts;
}

// One digit: its tile, the map of reasons, the probabilities, and a sentence.
function reasons(digit, why, top) {
  const second = digit.probs.indexOf(Math.max(...digit.probs.filter((_, i) => i !== digit.digit)));
  const title = why ? `Why ${why.digit}, and not ${why.rival}?` : `${digit.digit}, ${percent(digit.confidence)}`;
  const words = why?.sentence ?? `The next most probable digit is ${second}, ${digit.probs[second] < 0.01 ? "under 1 %" : percent(digit.probs[second])}.`;
  const bars = why ? 2 * TILE + 60 : TILE + 50;
  const parts = [digit.tile ? tileOf(digit.tile, MARGIN, top) : "", why ? whyMap(digit.tile, why, MARGIN + TILE + 16, top) : ""];
  digit.probs.forEach((share, i) => {
    const [x, isBest] = [bars + 32 * i, i === digit.digit];
    parts.push(rect(x, top + 14, 22, 62, WELL, 3), rect(x, top + 14 + 62 * (1 - share), 22, 62 * share, isBest ? BLUE : "#8fa6c6", 0));
    parts.push(text(x + 11, top + 94, String(i), { size: 15, fill: isBest ? INK : QUIET, family: SERIF, anchor: "middle" }));
    if (share >= 0.01) parts.push(text(x + 11, top + 9, percent(share), { size: 9.5, fill: QUIET, anchor: "middle" }));
  });
  const left = bars + 336;
  const lines = wrapped(words, Math.floor((WIDTH - MARGIN - left) / 6.9));
  parts.push(text(left, top + 14, title, { size: 16, fill: INK, weight: 600 }));
  lines.slice(0, 6).forEach((line, i) => parts.push(text(left, top + 36 + 18 * i, line, { size: 13.5, fill: QUIET })));
  return parts;
}

function tileOf(tile, left, top) {
  return squares(tile.length, left, top, (x, y) => tile[y][x] && { fill: INK, opacity: tile[y][x] / 255 });
}

// Blue ink supports the digit, ochre ink the rival, as in common/why_view.js.
function whyMap(tile, { points }, left, top) {
  const peak = peakOf(points);
  const side = tile.length;
  const ink = squares(side, left, top, (x, y) => tile[y][x] && { fill: INK, opacity: (0.22 * tile[y][x]) / 255 });
  const shares = squares(side, left, top, (x, y) => {
    const point = points[y * side + x];
    return tile[y][x] && point && { fill: point < 0 ? OCHRE : BLUE, opacity: (Math.abs(point) / peak) ** SOFT };
  });
  return ink + shares;
}

// A map of `side` x `side` pixels; `paint(x, y)` returns {fill, opacity}, or nothing.
function squares(side, left, top, paint) {
  const cells = [];
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const colour = paint(x, y);
      if (colour && colour.opacity > 0.01) cells.push(`<rect x="${x}" y="${y}" width="1" height="1" fill="${colour.fill}" fill-opacity="${number(colour.opacity)}"/>`);
    }
  }
  const frame = `<rect x="${left}" y="${top}" width="${TILE}" height="${TILE}" rx="4" fill="none" stroke="${EDGE}"/>`;
  return `<svg x="${left}" y="${top}" width="${TILE}" height="${TILE}" viewBox="0 0 ${side} ${side}" shape-rendering="crispEdges">${cells.join("")}</svg>${frame}`;
}

function rect(x, y, width, height, fill, radius = 0) {
  return `<rect x="${number(x)}" y="${number(y)}" width="${number(width)}" height="${number(height)}" rx="${radius}" fill="${fill}"/>`;
}

function text(x, y, words, { size, fill, family = SANS, weight = 400, anchor = "start" }) {
  return `<text x="${number(x)}" y="${number(y)}" font-family="${family}" font-size="${number(size)}" font-weight="${weight}" fill="${fill}" text-anchor="${anchor}">${escaped(words)}</text>`;
}

// Lines of at most `most` characters, because SVG does not wrap text.
function wrapped(words, most) {
  const lines = [""];
  for (const word of words.split(" ")) {
    const longer = `${lines.at(-1)} ${word}`.trim();
    if (longer.length > most && lines.at(-1)) lines.push(word);
    else lines[lines.length - 1] = longer;
  }
  return lines;
}

function number(value) {
  return String(Math.round(value * 100) / 100);
}

function escaped(words) {
  const safe = words.replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, ""); // not allowed in XML
  return safe.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
