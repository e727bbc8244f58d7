// The source of a reading: {pixels: ImageData or null, blob(): Promise<Blob>}.

import { greyPngOf } from "../common/png.js";

// The ink of a board. It is encoded only if a server needs it.
export function inkSource(pixels) {
  let encoded = null;
  return { pixels, blob: () => (encoded ??= greyPngOf(pixels)) };
}

export function pictureSource(blob) {
  return { pixels: null, blob: () => Promise.resolve(blob) };
}
