// A link for a QR code: the full drawing if that is short, otherwise the same lines with fewer points.

import { fragment } from "../common/drawing.js";
import { MOST_BYTES } from "./qr.js";
import { simplified } from "./simplified.js";

const SHORT_BYTES = 230; // version 9: 53 modules, easy for any phone
const TOLERANCES = [0.002, 0.004, 0.008]; // units; the image that is read has 150 pixels per unit
const MOST_POINTS = 5_000; // to simplify: more would not fit anyway

// {address, isShortened}; null if the drawing does not fit. `read(strokes)` returns {text, outcome}: the shortened
// drawing must be read like `reading`. Without a reading the drawing is not shortened.
export async function qrLink({ page, strokes, model, reading, read }) {
  const whole = page + (fragment({ strokes, model }) ?? "");
  if (whole !== page && whole.length <= SHORT_BYTES) return { address: whole, isShortened: false };
  if (strokes.reduce((sum, points) => sum + points.length, 0) > MOST_POINTS) return null;
  let found = whole !== page && whole.length <= MOST_BYTES ? { address: whole, isShortened: false } : null;
  for (const tolerance of reading ? TOLERANCES : []) {
    const fewer = simplified(strokes, tolerance);
    const hash = fragment({ strokes: fewer, model, isCoarse: true });
    if (hash === null || page.length + hash.length > MOST_BYTES) continue;
    if (found && page.length + hash.length >= found.address.length) continue;
    const again = await read(fewer).catch(() => null);
    if (again?.text !== reading.text || again.outcome !== reading.outcome) break; // coarser drawings differ more
    found = { address: page + hash, isShortened: true };
    if (found.address.length <= SHORT_BYTES) break;
  }
  return found;
}
