// The rings of a "Why?" map, which mark empty paper where ink would change the lead.

import { peakOf } from "./pixel_maps.js";

const SIDE = 28;
const STEP = 2; // pixels between the dots of ink that were tested
const MIN_RING = 0.5; // points: a smaller effect has no ring
const RINGED = 0.3; // share of the peak: a smaller effect has no ring

// [{i, x, y, gain, share}]: the pixel, the points that ink there would add to the digit's lead, and their size as a share
// of the largest. If `gain` is below 0, the empty paper supports the digit; if above 0, its rival.
export function ringsOf(missing) {
  const peak = peakOf(missing);
  const rings = [];
  for (let y = 0; y < SIDE; y += STEP) {
    for (let x = 0; x < SIDE; x += STEP) {
      const i = y * SIDE + x;
      const size = Math.abs(missing[i]);
      if (size >= Math.max(MIN_RING, RINGED * peak)) rings.push({ i, x, y, gain: missing[i], share: size / peak });
    }
  }
  return rings;
}
