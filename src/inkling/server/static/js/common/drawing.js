// A drawing as text, for links and for local storage.
//
// Strokes are arrays of points {x, y, width}, with lengths in units of the board's scale (see strokes.js). They are
// packed into bytes: a format number, a checksum of what follows, then for each stroke the number of points (times two,
// plus one if the width varies), the first point, and the steps to the next ones, all as variable-length integers. The
// bytes are encoded as base64url.

const STEPS = { 1: 2048, 2: 512 }; // format -> steps per unit: on a large board, four steps or one step per pixel
const [FINE, COARSE] = [1, 2];
export const STEPS_KEPT = STEPS[FINE]; // steps per unit in the browser's storage, and in links unless they are coarse
const HEAD = 5; // bytes: format, checksum
const REACH = 8; // units: how far from the middle ink can be
const WIDEST = 0.5; // units: the greatest width of a point
const LINK_LIMITS = { length: 30_000, points: 12_000 };
const STORAGE_LIMITS = { length: 3_000_000, points: 1_000_000 };
const KEY = "inkling-drawing";

// The strokes as URL-safe text; null if they exceed the limits of a link. `isCoarse` makes the text shorter.
export function encode(strokes, { isCoarse = false } = {}) {
  return pack(strokes, LINK_LIMITS, isCoarse ? COARSE : FINE);
}

// The strokes; null for text that is cut short, damaged, or longer than a link holds.
export function decode(text) {
  return unpack(text, LINK_LIMITS);
}

// "#d=TEXT&m=MODEL" for the address of a page; null if the strokes exceed the limits of a link.
export function fragment({ strokes, model, isCoarse }) {
  const text = encode(strokes, { isCoarse });
  return text === null ? null : `#d=${text}${model ? `&m=${encodeURIComponent(model)}` : ""}`;
}

// The content of a fragment: {strokes, model}, where strokes are null if damaged; null for a fragment without a
// drawing.
export function fromFragment(hash) {
  const parameters = new URLSearchParams(hash.replace(/^#/, ""));
  return parameters.has("d") ? { strokes: decode(parameters.get("d")), model: parameters.get("m") ?? "" } : null;
}

// Saves the current drawing, which every page can show. Does nothing if the drawing is too large or storage is
// unavailable.
export function saveDrawing({ strokes, model }) {
  try {
    const text = pack(strokes, STORAGE_LIMITS);
    if (text !== null) localStorage.setItem(KEY, JSON.stringify({ drawing: text, model: model ?? "" }));
  } catch {
    // storage is full or forbidden
  }
}

// The drawing as last saved, {strokes, model}; null if there is none or it is damaged.
export function savedDrawing() {
  try {
    const { drawing, model } = JSON.parse(localStorage.getItem(KEY));
    const strokes = unpack(drawing, STORAGE_LIMITS);
    return strokes && { strokes, model: String(model ?? "") };
  } catch {
    return null;
  }
}

function pack(strokes, limits, format = FINE) {
  if (strokes.reduce((sum, points) => sum + points.length, 0) > limits.points) return null;
  const bytes = [];
  for (const points of strokes) packStroke(points.map((point) => quantised(point, STEPS[format])), bytes);
  const sum = checksum(bytes);
  const head = [format, sum >>> 24, (sum >>> 16) & 255, (sum >>> 8) & 255, sum & 255];
  const text = toBase64([...head].concat(bytes));
  return text.length > limits.length ? null : text;
}

function unpack(text, limits) {
  if (typeof text !== "string" || text.length > limits.length || !/^[\w-]+$/.test(text)) return null;
  const bytes = fromBase64(text);
  if (bytes === null || bytes.length < HEAD || !Object.hasOwn(STEPS, bytes[0])) return null;
  const body = bytes.subarray(HEAD);
  const sum = ((bytes[1] << 24) | (bytes[2] << 16) | (bytes[3] << 8) | bytes[4]) >>> 0;
  if (checksum(body) !== sum) return null;
  const reader = { bytes: body, at: 0, left: limits.points, steps: STEPS[bytes[0]] };
  const strokes = [];
  while (reader.at < body.length) {
    const points = unpackStroke(reader);
    if (points === null) return null;
    strokes.push(points);
  }
  return strokes;
}

function quantised({ x, y, width }, steps) {
  return [x, y, width].map((value) => Math.round(value * steps));
}

function packStroke(points, bytes) {
  const varies = points.some((point) => point[2] !== points[0][2]);
  putNumber(points.length * 2 + (varies ? 1 : 0), bytes);
  let before = [0, 0, 0];
  points.forEach((point, i) => {
    putSigned(point[0] - before[0], bytes);
    putSigned(point[1] - before[1], bytes);
    if (varies || i === 0) putSigned(point[2] - before[2], bytes);
    before = point;
  });
}

function unpackStroke(reader) {
  const { steps } = reader;
  const head = getNumber(reader);
  const [n, varies] = [head >>> 1, (head & 1) === 1];
  if (!(n >= 1) || n > reader.left) return null;
  reader.left -= n;
  const points = [];
  let [x, y, width] = [0, 0, 0];
  for (let i = 0; i < n; i++) {
    x += getSigned(reader);
    y += getSigned(reader);
    if (varies || i === 0) width += getSigned(reader);
    const fits = Math.abs(x) <= REACH * steps && Math.abs(y) <= REACH * steps && width > 0 && width <= WIDEST * steps;
    if (!fits) return null; // also at the end of the bytes, where the numbers are NaN
    points.push({ x: x / steps, y: y / steps, width: width / steps });
  }
  return points;
}

function putNumber(value, bytes) {
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value % 128) | 128);
  bytes.push(value);
}

function putSigned(value, bytes) {
  putNumber(value < 0 ? -2 * value - 1 : 2 * value, bytes);
}

function getNumber(reader) {
  let value = 0;
  for (let factor = 1; factor <= 128 ** 3; factor *= 128) {
    const byte = reader.bytes[reader.at++];
    if (byte === undefined) return NaN;
    value += (byte & 127) * factor;
    if (byte < 128) return value;
  }
  return NaN; // too long
}

function getSigned(reader) {
  const value = getNumber(reader);
  return value % 2 === 1 ? -(value + 1) / 2 : value / 2;
}

// 32-bit FNV-1a.
function checksum(bytes) {
  let sum = 0x811c9dc5;
  for (const byte of bytes) sum = Math.imul(sum ^ byte, 0x01000193) >>> 0;
  return sum;
}

function toBase64(bytes) {
  let binary = "";
  for (let i = 0; i < bytes.length; i += 8192) binary += String.fromCharCode(...bytes.slice(i, i + 8192));
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function fromBase64(text) {
  try {
    return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
  } catch {
    return null;
  }
}
