// Encodes a canvas as a grayscale PNG: a quarter of the size of the browser's RGBA PNG, and as fast.

const GREY = 0;
const table = new Uint32Array(256).map((_, n) => {
  for (let bit = 0; bit < 8; bit++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1;
  return n;
});

// A canvas with gray, opaque pixels as a PNG Blob.
export function greyPng(canvas) {
  return greyPngOf(pixelsOf(canvas));
}

// A canvas as ImageData.
export function pixelsOf(canvas) {
  return canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
}

// Gray, opaque ImageData as a PNG Blob.
export async function greyPngOf(image) {
  if (!("CompressionStream" in globalThis)) return browsersPng(image);
  const { width, height, data } = image;
  const rows = new Uint8Array((width + 1) * height); // each begins with filter type 0
  for (let y = 0, to = 0, from = 0; y < height; y++) {
    to++;
    for (let x = 0; x < width; x++, from += 4) rows[to++] = data[from];
  }
  const head = new DataView(new ArrayBuffer(13));
  head.setUint32(0, width);
  head.setUint32(4, height);
  head.setUint8(8, 8); // bits per level
  head.setUint8(9, GREY);
  const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
  const parts = [signature, chunk("IHDR", [new Uint8Array(head.buffer)]), chunk("IDAT", await deflated(rows)), chunk("IEND", [])];
  return new Blob(parts.flat(), { type: "image/png" });
}

function browsersPng(image) {
  const canvas = Object.assign(document.createElement("canvas"), { width: image.width, height: image.height });
  canvas.getContext("2d").putImageData(image, 0, 0);
  return new Promise((done) => canvas.toBlob(done, "image/png"));
}

async function deflated(bytes) {
  const stream = new CompressionStream("deflate");
  const writer = stream.writable.getWriter();
  writer.write(bytes);
  writer.close();
  const parts = [];
  for (const reader = stream.readable.getReader(); ; ) {
    const { done, value } = await reader.read();
    if (done) return parts;
    parts.push(value);
  }
}

function chunk(name, parts) {
  const named = [new TextEncoder().encode(name), ...parts];
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return [number(length), ...named, number(checksum(named))];
}

function number(value) {
  return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
}

// CRC-32 of arrays of bytes, one after another.
export function checksum(parts) {
  let sum = ~0;
  for (const part of parts) for (const byte of part) sum = table[(sum ^ byte) & 255] ^ (sum >>> 8);
  return ~sum >>> 0;
}
