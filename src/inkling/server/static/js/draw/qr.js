// QR codes (ISO/IEC 18004): bytes of text as a matrix of modules, and the matrix as an SVG.
//
// Versions 1 to 20, error correction L or M, so that a phone can read the code on a screen across a room.

const LARGEST = 20;
const LEVELS = [
  { bits: 0, name: "M", perBlock: [10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24, 28, 28, 26, 26, 26], blocks: [1, 1, 1, 2, 2, 4, 4, 4, 5, 5, 5, 8, 9, 9, 10, 10, 11, 13, 14, 16] },
  { bits: 1, name: "L", perBlock: [7, 10, 15, 20, 26, 18, 20, 24, 30, 18, 20, 24, 26, 30, 22, 24, 28, 30, 28, 28], blocks: [1, 1, 1, 1, 1, 2, 2, 2, 2, 4, 4, 4, 4, 4, 6, 6, 6, 6, 7, 8] },
]; // prettier-ignore
const BYTES = 4; // the mode indicator of the only segment
const QUIET = 4; // white modules around the code
const MASKS = [
  (x, y) => (x + y) % 2 === 0,
  (x, y) => y % 2 === 0,
  (x) => x % 3 === 0,
  (x, y) => (x + y) % 3 === 0,
  (x, y) => (Math.floor(x / 3) + Math.floor(y / 2)) % 2 === 0,
  (x, y) => ((x * y) % 2) + ((x * y) % 3) === 0,
  (x, y) => (((x * y) % 2) + ((x * y) % 3)) % 2 === 0,
  (x, y) => (((x + y) % 2) + ((x * y) % 3)) % 2 === 0,
];
const FINDER_LIKE = [
  [1, 0, 1, 1, 1, 0, 1, 0, 0, 0, 0],
  [0, 0, 0, 0, 1, 0, 1, 1, 1, 0, 1],
];

// The longest text that fits, in bytes.
export const MOST_BYTES = capacity(LARGEST, LEVELS[1]);

// A square matrix of modules, true for dark; null if the text does not fit. The code has the smallest version that
// holds the text, at level M if possible, otherwise at level L.
export function qrCode(text) {
  const bytes = new TextEncoder().encode(text);
  for (let version = 1; version <= LARGEST; version++) {
    const level = LEVELS.find((one) => bytes.length <= capacity(version, one));
    if (level) return drawn(version, level, withCorrection(codewords(bytes, version, level), version, level));
  }
  return null;
}

// An <svg> of the matrix with its quiet zone, black on white in every color scheme.
export function qrSvg(modules, label) {
  const side = modules.length + 2 * QUIET;
  const dark = modules.flatMap((row, y) => row.flatMap((isDark, x) => (isDark ? `M${x + QUIET} ${y + QUIET}h1v1h-1z` : [])));
  const svg = element("svg", { viewBox: `0 0 ${side} ${side}`, role: "img", "aria-label": label, "shape-rendering": "crispEdges" });
  svg.append(element("rect", { width: side, height: side, fill: "#fff" }), element("path", { d: dark.join(""), fill: "#000" }));
  return svg;
}

function element(name, attributes) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

// Bytes of text that fit after the mode and length fields.
function capacity(version, level) {
  return Math.floor((8 * dataCodewords(version, level) - 4 - lengthBits(version)) / 8);
}

function lengthBits(version) {
  return version < 10 ? 8 : 16;
}

function dataCodewords(version, { perBlock, blocks }) {
  return rawCodewords(version) - perBlock[version - 1] * blocks[version - 1];
}

function rawCodewords(version) {
  let modules = (16 * version + 128) * version + 64;
  if (version >= 2) {
    const n = Math.floor(version / 7) + 2; // alignment patterns in a row
    modules -= (25 * n - 10) * n - 55;
  }
  return Math.floor((version >= 7 ? modules - 36 : modules) / 8);
}

function codewords(bytes, version, level) {
  const bits = [];
  const put = (value, n) => {
    for (let i = n - 1; i >= 0; i--) bits.push((value >>> i) & 1);
  };
  put(BYTES, 4);
  put(bytes.length, lengthBits(version));
  for (const byte of bytes) put(byte, 8);
  const total = dataCodewords(version, level);
  put(0, Math.min(4, 8 * total - bits.length));
  put(0, (8 - (bits.length % 8)) % 8);
  const words = [];
  for (let i = 0; i < bits.length; i += 8) words.push(parseInt(bits.slice(i, i + 8).join(""), 2));
  for (let pad = 0xec; words.length < total; pad ^= 0xec ^ 0x11) words.push(pad);
  return words;
}

// Splits the data into blocks, adds each block's Reed-Solomon codewords, and interleaves them.
function withCorrection(data, version, { perBlock, blocks }) {
  const [n, extra] = [blocks[version - 1], perBlock[version - 1]];
  const short = Math.floor(data.length / n);
  const longFrom = n - (data.length % n);
  const divisor = generator(extra);
  const parts = Array.from({ length: n }, (_, i) => {
    const start = i * short + Math.max(0, i - longFrom);
    return data.slice(start, start + short + (i >= longFrom ? 1 : 0));
  });
  const corrections = parts.map((part) => remainder(part, divisor));
  const column = (lists, i) => lists.flatMap((list) => (i < list.length ? [list[i]] : []));
  const mixed = (lists, length) => Array.from({ length }, (_, i) => column(lists, i)).flat();
  return [...mixed(parts, short + 1), ...mixed(corrections, extra)];
}

// The product in GF(256) with the polynomial 0x11d.
function product(a, b) {
  let result = 0;
  for (let i = 7; i >= 0; i--) result = (result << 1) ^ ((result >>> 7) * 0x11d) ^ (((b >>> i) & 1) * a);
  return result;
}

function generator(degree) {
  const factors = Array(degree).fill(0);
  factors[degree - 1] = 1;
  for (let i = 0, root = 1; i < degree; i++, root = product(root, 2)) {
    for (let j = 0; j < degree; j++) factors[j] = product(factors[j], root) ^ (factors[j + 1] ?? 0);
  }
  return factors;
}

function remainder(data, divisor) {
  const rest = Array(divisor.length).fill(0);
  for (const byte of data) {
    const factor = byte ^ rest.shift();
    rest.push(0);
    divisor.forEach((one, i) => (rest[i] ^= product(one, factor)));
  }
  return rest;
}

function drawn(version, level, words) {
  const size = 17 + 4 * version;
  const grid = () => Array.from({ length: size }, () => Array(size).fill(false));
  const [modules, fixed] = [grid(), grid()]; // `fixed`: function patterns, which no mask changes
  const set = (x, y, isDark) => {
    if (x < 0 || y < 0 || x >= size || y >= size) return;
    modules[y][x] = Boolean(isDark);
    fixed[y][x] = true;
  };
  drawPatterns(version, size, set);
  drawFormat(size, set, level, 0); // reserves the modules
  drawWords(modules, fixed, words);
  const masked = MASKS.map((mask, i) => {
    drawFormat(size, set, level, i);
    return modules.map((row, y) => row.map((isDark, x) => isDark !== (!fixed[y][x] && mask(x, y))));
  });
  return masked.reduce((best, one) => (penalty(one) < penalty(best) ? one : best));
}

function drawPatterns(version, size, set) {
  for (let i = 0; i < size; i++) {
    set(6, i, i % 2 === 0);
    set(i, 6, i % 2 === 0);
  }
  const rings = (x, y, reach, isDark) => {
    for (let dy = -reach; dy <= reach; dy++) for (let dx = -reach; dx <= reach; dx++) set(x + dx, y + dy, isDark(Math.max(Math.abs(dx), Math.abs(dy))));
  };
  for (const [x, y] of [[3, 3], [size - 4, 3], [3, size - 4]]) rings(x, y, 4, (ring) => ring !== 2 && ring !== 4); // prettier-ignore
  const places = alignment(version, size);
  const last = places.length - 1;
  places.forEach((x, i) =>
    places.forEach((y, j) => {
      const isCorner = (i === 0 && (j === 0 || j === last)) || (i === last && j === 0);
      if (!isCorner) rings(x, y, 2, (ring) => ring !== 1);
    }),
  );
  if (version < 7) return;
  let rest = version;
  for (let i = 0; i < 12; i++) rest = (rest << 1) ^ ((rest >>> 11) * 0x1f25);
  const bits = (version << 12) | rest;
  for (let i = 0; i < 18; i++) {
    const [a, b] = [size - 11 + (i % 3), Math.floor(i / 3)];
    set(a, b, (bits >>> i) & 1);
    set(b, a, (bits >>> i) & 1);
  }
}

function alignment(version, size) {
  if (version === 1) return [];
  const n = Math.floor(version / 7) + 2;
  const step = Math.ceil((4 * version + 4) / (2 * n - 2)) * 2;
  return [6, ...Array.from({ length: n - 1 }, (_, i) => size - 7 - (n - 2 - i) * step)];
}

function drawFormat(size, set, level, mask) {
  const data = (level.bits << 3) | mask;
  let rest = data;
  for (let i = 0; i < 10; i++) rest = (rest << 1) ^ ((rest >>> 9) * 0x537);
  const bits = ((data << 10) | rest) ^ 0x5412;
  const bit = (i) => (bits >>> i) & 1;
  for (let i = 0; i < 6; i++) set(8, i, bit(i));
  set(8, 7, bit(6));
  set(8, 8, bit(7));
  set(7, 8, bit(8));
  for (let i = 9; i < 15; i++) set(14 - i, 8, bit(i));
  for (let i = 0; i < 8; i++) set(size - 1 - i, 8, bit(i));
  for (let i = 8; i < 15; i++) set(8, size - 15 + i, bit(i));
  set(8, size - 8, true);
}

// Fills columns two modules wide from right to left, alternately upward and downward.
function drawWords(modules, fixed, words) {
  const size = modules.length;
  let i = 0;
  for (let right = size - 1; right >= 1; right -= 2) {
    if (right === 6) right = 5; // the timing pattern
    const isUp = ((right + 1) & 2) === 0;
    for (let step = 0; step < size; step++) {
      for (const x of [right, right - 1]) {
        const y = isUp ? size - 1 - step : step;
        if (fixed[y][x] || i >= 8 * words.length) continue;
        modules[y][x] = Boolean((words[i >>> 3] >>> (7 - (i & 7))) & 1);
        i++;
      }
    }
  }
}

function penalty(modules) {
  const size = modules.length;
  const columns = modules[0].map((_, x) => modules.map((row) => row[x]));
  let sum = 0;
  for (const line of [...modules, ...columns]) {
    for (let i = 0, run = 1; i < size; i++, run++) {
      if (line[i + 1] === line[i]) continue;
      if (run >= 5) sum += run - 2;
      run = 0;
    }
    for (let i = 0; i + 11 <= size; i++) if (FINDER_LIKE.some((like) => like.every((one, j) => Boolean(one) === line[i + j]))) sum += 40;
  }
  for (let y = 1; y < size; y++) for (let x = 1; x < size; x++) if ([modules[y - 1][x], modules[y][x - 1], modules[y - 1][x - 1]].every((one) => one === modules[y][x])) sum += 3;
  const dark = modules.flat().filter(Boolean).length;
  return sum + 10 * Math.floor(Math.abs((20 * dark) / size ** 2 - 10));
}
