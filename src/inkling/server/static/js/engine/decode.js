// Decode an image from any source that a page has to upright grayscale. Like `inkling.pipeline.decode`, for formats
// that the browser decodes.

import { DECODE as CONFIG } from "./config.js";
import { luma, toGrayscale } from "./grayscale.js";
import { crop, grey } from "./image/grey.js";
import { histogramOf, median, roundEven } from "./image/numbers.js";
import { resizeArea } from "./image/resize.js";

// A picture that cannot be read; `message` is written for users, `name` is the kind in the HTTP API.
export class BadPicture extends Error {
  constructor(kind, message) {
    super(message);
    this.name = kind;
  }
}

// An ImageData, ImageBitmap or Blob -> { image, size, glance }: an upright grayscale image, its longer side at most
// CONFIG.max_side_px; [width, height] before downscaling; and a small version of the image, or `image` itself if it is
// small or very narrow.
export async function decode(source) {
  const { width, height, pixels } = await pixelsOf(source);
  const [reduced, size] = [toGrey(pixels), [width, height]];
  const image = withinSide(reduced, CONFIG.max_side_px);
  return { image, size, glance: glanceAt(reduced) ?? image };
}

// Opaque or partly transparent pixels, four bytes each -> grayscale.
function toGrey(pixels) {
  return isOpaque(pixels) ? toGrayscale(pixels) : composited(pixels);
}

function isOpaque({ data }) {
  let common = 255; // bits that are set in every alpha value
  for (let i = 3; i < data.length; i += 4) common &= data[i];
  return common === 255;
}

async function pixelsOf(source) {
  if (source.data) {
    checkSize(source.width, source.height);
    const { width, height } = source;
    return { width, height, pixels: reducedPixels(width, height, () => source) };
  }
  const bitmap = source instanceof Blob ? await bitmapOf(source) : source;
  const { width, height } = bitmap;
  try {
    checkSize(width, height);
    const rows = Math.min(height, bandRows(width, height));
    const context = new OffscreenCanvas(width, rows).getContext("2d", { willReadFrequently: true });
    const band = (top, bottom) => {
      context.clearRect(0, 0, width, rows);
      context.drawImage(bitmap, 0, top, width, bottom - top, 0, 0, width, bottom - top);
      return context.getImageData(0, 0, width, bottom - top);
    };
    return { width, height, pixels: reducedPixels(width, height, band) };
  } finally {
    if (bitmap !== source) bitmap.close();
  }
}

async function bitmapOf(blob) {
  if (blob.size === 0) {
    throw new BadPicture("EmptyPicture", "picture has no bytes; a picture was expected. Choose its file again.");
  }
  if (blob.size > CONFIG.max_bytes) {
    const megabytes = (bytes) => (bytes / 1e6).toFixed(1);
    const limit = `the limit is ${megabytes(CONFIG.max_bytes)} MB. Send a smaller picture.`;
    throw new BadPicture("ImageTooLarge", `picture has ${megabytes(blob.size)} MB; ${limit}`);
  }
  try {
    return await createImageBitmap(blob, { colorSpaceConversion: "none" });
  } catch {
    const expected = "expected a PNG, JPEG, WebP, GIF or BMP picture. Save it as PNG or JPEG and choose that.";
    throw new BadPicture("UnknownFormat", `this browser cannot open the picture, or it is damaged; ${expected}`);
  }
}

function checkSize(width, height) {
  if (width * height > CONFIG.max_pixels) {
    const limit = `the limit is ${Math.round(CONFIG.max_pixels / 1e6)} megapixels. Send a smaller picture.`;
    throw new BadPicture("ImageTooLarge", `picture is ${width}x${height} px; ${limit}`);
  }
  const [shorter, longer] = CONFIG.min_sides_px;
  if (Math.min(width, height) < shorter || Math.max(width, height) < longer) {
    const least = `a digit needs at least ${shorter}x${longer} px. Send a larger picture.`;
    throw new BadPicture("ImageTooSmall", `picture is ${width}x${height} px; ${least}`);
  }
}

// The integer factor by which a picture is downscaled first; the longer side of a larger picture keeps at least
// CONFIG.max_side_px.
const reduction = (width, height) => Math.max(1, Math.floor(Math.max(width, height) / CONFIG.max_side_px));

// The number of rows held at a time, which bounds memory; all rows if the picture is not downscaled.
function bandRows(width, height) {
  const factor = reduction(width, height);
  return factor === 1 ? height : factor * Math.max(1, Math.floor(CONFIG.tile_side_px / factor));
}

// The picture downscaled to the means of blocks, band by band. `band(top, bottom)`: the pixels of those rows, or of the
// whole picture.
function reducedPixels(width, height, band) {
  const factor = reduction(width, height);
  if (factor === 1) return band(0, height);
  const [w, h] = [Math.ceil(width / factor), Math.ceil(height / factor)];
  const out = { width: w, height: h, data: new Uint8ClampedArray(4 * w * h) };
  const rows = bandRows(width, height);
  for (let top = 0; top < height; top += rows) {
    const bottom = Math.min(top + rows, height);
    const { data, height: held } = band(top, bottom);
    const offset = held === height ? top : 0; // if the whole picture is held
    for (let y = top; y < bottom; y += factor) {
      for (let x = 0; x < width; x += factor) {
        const [right, below] = [Math.min(x + factor, width), Math.min(y + factor, bottom)];
        const sums = [0, 0, 0, 0];
        for (let row = y; row < below; row += 1) {
          const start = 4 * ((row - top + offset) * width + x);
          for (let k = 0; k < 4 * (right - x); k += 1) sums[k & 3] += data[start + k];
        }
        const at = 4 * ((y / factor) * w + x / factor);
        for (let k = 0; k < 4; k += 1) out.data[at + k] = sums[k] / ((right - x) * (below - y));
      }
    }
  }
  return out;
}

// Composites a partly transparent picture over a contrasting background. A mostly opaque picture has its own background,
// taken as the median of its opaque pixels; in a mostly transparent picture, the opaque part is the ink.
function composited(pixels) {
  const levels = luma(pixels);
  const visible = levels.data.filter((_, i) => pixels.data[4 * i + 3] > CONFIG.opaque_alpha);
  let background = 255;
  if (visible.length > CONFIG.mostly_opaque_share * levels.data.length) background = median(visible);
  else if (visible.length) {
    const mean = histogramOf(visible).reduce((sum, count, level) => sum + count * level, 0) / visible.length;
    background = mean < CONFIG.dark_ink_level ? 255 : 0;
  }
  const laid = (level, i) => {
    const weight = Math.fround(pixels.data[4 * i + 3] / 255);
    return roundEven(Math.fround(Math.fround(level * weight) + Math.fround(background * Math.fround(1 - weight))));
  };
  return grey(levels.width, levels.height, levels.data.map(laid));
}

function withinSide(image, side) {
  const factor = side / Math.max(image.width, image.height);
  if (factor >= 1) return image;
  return resizeArea(image, ...[image.width, image.height].map((length) => Math.max(1, roundEven(length * factor))));
}

// The image downscaled by an integer factor to 1 to 1.5 times CONFIG.glance_side_px, enough to see whether there is one
// large digit. null if the image is less than twice CONFIG.glance_side_px long, or very narrow.
function glanceAt(image) {
  const factor = Math.floor(Math.max(image.width, image.height) / CONFIG.glance_side_px);
  if (factor < 2 || Math.min(image.width, image.height) < factor) return null;
  const [w, h] = [image.width, image.height].map((side) => Math.floor(side / factor));
  return resizeArea(crop(image, 0, 0, w * factor, h * factor), w, h);
}
