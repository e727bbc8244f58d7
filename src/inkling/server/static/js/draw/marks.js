// The single-digit reader's opinion of marks that the row reader left out: the tile of each mark, and the probability
// that it is none of the ten digits.

import { inkSource } from "./source.js";

const MOST = 4; // marks
const MARGIN = 0.15; // of a mark's longer side

// Whether a reading of the board has such a mark.
export function hasMarks({ others, source }) {
  return Boolean(source?.pixels) && others.some(isUnseen);
}

// The `others` of a reading, with this opinion added. `readOne(source)` reads a picture of one digit.
export async function seenMarks({ others, source }, readOne) {
  const seen = [];
  for (const other of others) {
    if (!isUnseen(other) || seen.filter(({ isSeen }) => isSeen).length >= MOST) {
      seen.push(other);
      continue;
    }
    const { digits, others: refused } = await readOne(inkSource(cropped(source.pixels, other.box)));
    seen.push({ ...digits[0], ...refused[0], ...other, isSeen: true });
  }
  return seen;
}

function isUnseen({ kind, tile, isSeen }) {
  return kind === "mark" && !tile && !isSeen;
}

// The part of an ImageData in a box with a margin; beyond the image, it is filled with paper.
function cropped(pixels, [x, y, w, h]) {
  const margin = Math.ceil(MARGIN * Math.max(w, h));
  const [width, height] = [w + 2 * margin, h + 2 * margin];
  const part = new ImageData(width, height);
  part.data.fill(255);
  for (let row = 0; row < height; row++) {
    const from = y - margin + row;
    if (from < 0 || from >= pixels.height) continue;
    const left = Math.max(0, x - margin);
    const right = Math.min(pixels.width, x + w + margin);
    const line = pixels.data.subarray(4 * (from * pixels.width + left), 4 * (from * pixels.width + right));
    part.data.set(line, 4 * (row * width + left - (x - margin)));
  }
  return part;
}
