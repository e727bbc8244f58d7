// The digit that the reader drew in chapter 1, stored on this device for the other chapters.

import { decode, encode } from "../common/drawing.js";

const KEY = "inkling-own-digit";

// The strokes of the digit drawn last; [] if there is none.
export function ownDigit() {
  try {
    return decode(localStorage.getItem(KEY)) ?? [];
  } catch {
    return []; // storage is forbidden
  }
}

export function keepOwnDigit(strokes) {
  try {
    localStorage.setItem(KEY, encode(strokes) ?? "");
  } catch {
    // the page works without it
  }
}
