// The size of a picture from the first bytes of its file, before the browser decodes it.

const HEAD_BYTES = 256_000; // a JPEG's size comes after its metadata

// [width, height] in pixels; null for an unknown format or a damaged file.
export async function imageSize(blob) {
  const view = new DataView(await blob.slice(0, HEAD_BYTES).arrayBuffer());
  try {
    return png(view) ?? jpeg(view) ?? gif(view) ?? webp(view) ?? bmp(view);
  } catch {
    return null; // the file is too short
  }
}

const text = (view, at, length) => String.fromCharCode(...new Uint8Array(view.buffer, at, length));

function png(view) {
  return text(view, 1, 3) === "PNG" ? [view.getUint32(16), view.getUint32(20)] : null;
}

function gif(view) {
  return text(view, 0, 3) === "GIF" ? [view.getUint16(6, true), view.getUint16(8, true)] : null;
}

function bmp(view) {
  return text(view, 0, 2) === "BM" ? [view.getInt32(18, true), Math.abs(view.getInt32(22, true))] : null;
}

// The size is in the frame header, whose marker is one of 0xC0 to 0xCF, but not 0xC4, 0xC8 or 0xCC.
function jpeg(view) {
  if (view.getUint16(0) !== 0xffd8) return null;
  for (let at = 2; ; ) {
    const marker = view.getUint8(at + 1);
    if (view.getUint8(at) !== 0xff) return null;
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) return [view.getUint16(at + 7), view.getUint16(at + 5)];
    at += marker === 0xff ? 1 : 2 + view.getUint16(at + 2);
  }
}

function webp(view) {
  if (text(view, 0, 4) !== "RIFF" || text(view, 8, 4) !== "WEBP") return null;
  const three = (at) => view.getUint16(at, true) + 65536 * view.getUint8(at + 2);
  switch (text(view, 12, 4)) {
    case "VP8X":
      return [three(24) + 1, three(27) + 1];
    case "VP8L": {
      const bits = view.getUint32(21, true);
      return [(bits & 0x3fff) + 1, ((bits >>> 14) & 0x3fff) + 1];
    }
    default:
      return [view.getUint16(26, true) & 0x3fff, view.getUint16(28, true) & 0x3fff];
  }
}
