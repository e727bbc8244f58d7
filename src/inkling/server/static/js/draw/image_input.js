// Images from the file button, the camera, drag and drop, paste, or an example.

const MAX_BYTES = 2_000_000; // a larger file is downscaled before it is sent
const MAX_SIDE = 2400; // pixels; the pipeline itself works on 1600
const READ_AS_IS = /^image\/(png|jpeg|webp|gif|bmp|tiff)$/;

// Whether a file may have several pages. Browsers show neither kind; the service sends a thumbnail of each page.
export function isDocument(blob) {
  return /pdf|tiff/.test(blob.type) || /\.(pdf|tiff?)$/i.test(blob.name ?? "");
}

// Calls `take(blob)` for one image, `takeMany(files)` for more than one at once, and `takeText(text)` for text.
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
    if (event.target.closest?.("input[type=text]")) return;
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
  let depth = 0; // dragenter and dragleave fire for every element on the way
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

// Converts a large photograph, or a format that only the browser can open (HEIC on a phone), to a JPEG of moderate size.
// Returns anything else as it is, also what the browser cannot open: the service explains the error.
export async function downscaled(blob) {
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
