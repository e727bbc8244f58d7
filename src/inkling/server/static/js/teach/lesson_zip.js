// Lessons as a zip of LABEL__x.png, 28 x 28 pixels, as the hands API exports and imports them.
import { ApiError } from "../common/api_client.js";
import { checksum } from "../common/png.js";

const LABEL = /(?:^|\/)([0-9]|none)__[^/]*\.png$/i;
const SIDE = 28;
const [LOCAL, ENTRY, END] = [0x04034b50, 0x02014b50, 0x06054b50]; // signatures (APPNOTE.TXT)
const [LOCAL_BYTES, ENTRY_BYTES, END_BYTES] = [30, 46, 22];
const MOST = 5000; // files
const MOST_BYTES = 4000; // of a tile's PNG

// [name, bytes] of files -> a zip Blob. The files are stored uncompressed, because PNG is already compressed.
export function zipOf(files) {
  const [parts, directory] = [[], []];
  let at = 0;
  for (const [name, bytes] of files) {
    const text = new TextEncoder().encode(name);
    const facts = (view, from) => {
      view.setUint32(from, checksum([bytes]), true);
      view.setUint32(from + 4, bytes.length, true);
      view.setUint32(from + 8, bytes.length, true);
      view.setUint16(from + 12, text.length, true);
    };
    const local = record(LOCAL_BYTES, LOCAL);
    local.setUint16(4, 20, true);
    facts(local, 14);
    const entry = record(ENTRY_BYTES, ENTRY);
    entry.setUint16(6, 20, true);
    facts(entry, 16);
    entry.setUint32(42, at, true);
    parts.push(local.buffer, text, bytes);
    directory.push(entry.buffer, text);
    at += LOCAL_BYTES + text.length + bytes.length;
  }
  const end = record(END_BYTES, END);
  end.setUint16(8, files.length, true);
  end.setUint16(10, files.length, true);
  end.setUint32(12, files.reduce((sum, [name]) => sum + ENTRY_BYTES + new TextEncoder().encode(name).length, 0), true);
  end.setUint32(16, at, true);
  return new Blob([...parts, ...directory, end.buffer], { type: "application/zip" });
}

function record(size, signature) {
  const view = new DataView(new ArrayBuffer(size));
  view.setUint32(0, signature, true);
  return view;
}

// The bytes of a zip -> [{ tile: 784 levels, label }]. Throws ApiError if they are invalid.
export async function lessonsOfZip(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const end = bytes.length - END_BYTES;
  if (end < 0 || view.getUint32(end, true) !== END) throw bad("it is not a plain zip");
  const n = view.getUint16(end + 10, true);
  if (n === 0 || n > MOST) throw bad(`it holds ${n} files`);
  const lessons = [];
  try {
    for (let i = 0, at = view.getUint32(end + 16, true); i < n; i++) {
      const [method, size, nameBytes] = [view.getUint16(at + 10, true), view.getUint32(at + 20, true), view.getUint16(at + 28, true)];
      const local = view.getUint32(at + 42, true);
      const name = new TextDecoder().decode(bytes.subarray(at + ENTRY_BYTES, at + ENTRY_BYTES + nameBytes));
      at += ENTRY_BYTES + nameBytes + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
      if (name.endsWith("/")) continue;
      const label = name.match(LABEL)?.[1].toLowerCase();
      if (!label || size > MOST_BYTES || (method !== 0 && method !== 8)) throw bad(`it holds ${JSON.stringify(name.slice(-60))}`);
      const from = local + LOCAL_BYTES + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
      const content = bytes.subarray(from, from + size);
      lessons.push({ tile: await tileOf(method === 8 ? inflated(content) : new Blob([content]), name), label });
    }
  } catch (error) {
    if (error instanceof RangeError) throw bad("it is damaged");
    throw error;
  }
  return lessons;
}

const inflated = (content) => new Response(new Blob([content]).stream().pipeThrough(new DecompressionStream("deflate-raw"))).blob();

async function tileOf(blob, name) {
  let bitmap;
  try {
    bitmap = await createImageBitmap(await blob);
  } catch {
    throw bad(`${JSON.stringify(name.slice(-60))} is not a picture`);
  }
  if (bitmap.width !== SIDE || bitmap.height !== SIDE) throw bad(`${JSON.stringify(name.slice(-60))} is ${bitmap.width} x ${bitmap.height} pixels`);
  const context = new OffscreenCanvas(SIDE, SIDE).getContext("2d");
  context.drawImage(bitmap, 0, 0);
  const { data } = context.getImageData(0, 0, SIDE, SIDE);
  return Uint8Array.from({ length: SIDE * SIDE }, (_, i) => data[4 * i]);
}

const bad = (why) =>
  new ApiError({ kind: "BadRequest", error: `The zip cannot be read: ${why}. Expected files named LABEL__x.png of 28 x 28 pixels, as in an export. Export them again.` }, 400);
