// Images from the file button, the camera, drag and drop, paste, or an example.

import { isStatic } from "../common/site.js";
import { imageSize } from "./image_size.js";

const MAX_BYTES = 2_000_000; // a larger file is downscaled before it is sent
const MAX_SIDE = 2400; // pixels; the pipeline itself works with at most 1600
const MOST_PIXELS = 120_000_000; // each needs four bytes of browser memory
const THUMBNAIL = { width: 148, height: 110 }; // pixels, twice the size in the table
const READ_AS_IS = /^image\/(png|jpeg|webp|gif|bmp|tiff)$/;

// Whether a file may have several pages. Most browsers cannot show these formats, so the service sends a thumbnail of
// each page.
export function isDocument(blob) {
  return /pdf|tiff/.test(blob.type) || /\.(pdf|tiff?)$/i.test(blob.name ?? "");
}

// Calls `take(blob)` for one image, `takeMany(files)` for several, and `takeText(text)` for text.
export function watchImageInput({ inputs, dropZone, examples, take, takeMany, takeText }) {
  const received = ({ files, text }) => {
    if (files.length > 1) takeMany(files);
    else if (files.length === 1) take(files[0]);
    else if (text) takeText(text);
  };
  for (const input of inputs) {
    input.addEventListener("change", () => {
      received({ files: [...input.files] });
      input.value = ""; // so that the same file can be chosen again
    });
  }
  addEventListener("paste", (event) => {
    if (event.target.closest?.("input:not([type=file], [type=radio], [type=checkbox])")) return;
    event.preventDefault();
    received(contents(event.clipboardData));
  });
  watchDrops(dropZone, received);
  for (const button of examples) {
    button.addEventListener("click", async () => {
      try {
        const response = await fetch(button.querySelector("img").src);
        take(await response.blob(), button);
      } catch {
        take(null, button);
      }
    });
  }
}

function contents(transfer) {
  return { files: [...(transfer?.files ?? [])], text: transfer?.getData("text/plain") };
}

function watchDrops(dropZone, received) {
  let depth = 0; // dragenter and dragleave fire for every element that is crossed
  const show = (visible) => {
    depth = visible ? depth : 0;
    dropZone.hidden = !visible;
  };
  addEventListener("dragenter", (event) => {
    event.preventDefault();
    depth++;
    show(event.dataTransfer?.types.includes("Files") ?? false);
  });
  addEventListener("dragleave", () => --depth <= 0 && show(false));
  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", (event) => {
    event.preventDefault();
    show(false);
    received(contents(event.dataTransfer));
  });
}

// A small canvas of a picture; null if the browser cannot open it.
export async function thumbnailOf(blob) {
  if (isDocument(blob) || blob.size === 0 || (await isHuge(blob))) return null;
  try {
    const bitmap = await createImageBitmap(blob);
    const factor = Math.min(1, THUMBNAIL.width / bitmap.width, THUMBNAIL.height / bitmap.height);
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [bitmap.width, bitmap.height].map((side) => Math.max(1, Math.round(side * factor)));
    const context = canvas.getContext("2d");
    context.imageSmoothingQuality = "high";
    context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    bitmap.close();
    return canvas;
  } catch {
    return null;
  }
}

async function isHuge(blob) {
  const [width, height] = (await imageSize(blob)) ?? [0, 0];
  return width * height > MOST_PIXELS;
}

// Throws an Error with a message for the user if a page without a server cannot read the file, or if the picture is too
// large for the browser's memory.
async function check(blob) {
  const size = await imageSize(blob);
  if (size && size[0] * size[1] > MOST_PIXELS) {
    throw unread("ImageTooLarge", `picture is ${size.join("x")} px; at most ${MOST_PIXELS / 1e6} megapixels are allowed. Choose a smaller picture, or a part of it.`);
  }
  if (!isStatic) return;
  const kind = /pdf|tiff|hei[cf]/.exec(`${blob.type} ${blob.name ?? ""}`.toLowerCase().replace(/\btif\b/, "tiff"))?.[0];
  if (!kind || (await opens(blob))) return;
  if (kind === "pdf") throw unread("UnknownFormat", "this page cannot open a PDF. Choose a picture of the page instead, for instance a screenshot.");
  const name = kind === "tiff" ? "TIFF" : "HEIC";
  throw unread("UnknownFormat", `this browser cannot open ${name}. Save the picture as JPEG or PNG, and choose that.`);
}

// `kind`: the name of the error in the HTTP API.
function unread(kind, message) {
  return Object.assign(new Error(message), { name: kind });
}

// Whether this browser can show the file; Safari shows TIFF and HEIC.
async function opens(blob) {
  try {
    (await createImageBitmap(blob)).close();
    return true;
  } catch {
    return false;
  }
}

// Converts a picture that the browser can open to a JPEG of moderate size if its file is larger than MAX_BYTES or its
// format is not in READ_AS_IS, such as HEIC on a phone. Returns SVG, documents and all other files unchanged, even if
// the browser cannot open them, because the service explains the error.
// Throws an Error with a message for the user if the file cannot be read here.
export async function downscaled(blob) {
  await check(blob);
  if (blob.size <= MAX_BYTES && (READ_AS_IS.test(blob.type) || !blob.type.startsWith("image/"))) return blob;
  if (blob.type === "image/svg+xml" || isDocument(blob)) return blob;
  try {
    const bitmap = await createImageBitmap(blob);
    const factor = Math.min(1, MAX_SIDE / Math.max(bitmap.width, bitmap.height));
    const sheet = document.createElement("canvas");
    sheet.width = Math.max(1, Math.round(bitmap.width * factor));
    sheet.height = Math.max(1, Math.round(bitmap.height * factor));
    const context = sheet.getContext("2d");
    context.fillStyle = "#fff";
    context.fillRect(0, 0, sheet.width, sheet.height);
    context.drawImage(bitmap, 0, 0, sheet.width, sheet.height);
    bitmap.close();
    return await new Promise((done) => sheet.toBlob(done, "image/jpeg", 0.9));
  } catch {
    return blob;
  }
}
