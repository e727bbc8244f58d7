// Pictures from elsewhere: the file button, the camera, a drop anywhere, a paste, an example.

const LIGHT_BYTES = 2_000_000; // more than this is reduced before it is sent
const LIGHT_SIDE = 2400; // pixels; the reader itself works on 1600
const READ_AS_IS = /^image\/(png|jpeg|webp|gif|bmp|tiff)$/;

// Calls `take(blob)` for every picture that a person hands over, `takeSeveral(files)` for more than one at once, and
// `takeText(text)` for text.
export function watchPictures({ inputs, dropZone, examples, take, takeSeveral, takeText }) {
  const handed = ({ files, text }) => {
    if (files.length > 1) takeSeveral(files);
    else if (files.length === 1) take(files[0]);
    else if (text) takeText(text);
  };
  for (const input of inputs) {
    input.addEventListener("change", () => {
      handed({ files: [...input.files] });
      input.value = ""; // so that the same file can be chosen again
    });
  }
  addEventListener("paste", (event) => {
    event.preventDefault();
    handed(contents(event.clipboardData));
  });
  watchDrops(dropZone, handed);
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

function watchDrops(dropZone, handed) {
  let depth = 0; // dragenter and dragleave come for every element on the way
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
    handed(contents(event.dataTransfer));
  });
}

// A large photograph, or a format that only the browser can open (HEIC on a phone), as a JPEG of moderate size.
// Anything else, and what the browser cannot open either, is returned as it is: the service says what is wrong.
export async function lightened(blob) {
  if (blob.size <= LIGHT_BYTES && (READ_AS_IS.test(blob.type) || !blob.type.startsWith("image/"))) return blob;
  if (blob.type === "image/svg+xml") return blob;
  try {
    const bitmap = await createImageBitmap(blob);
    const factor = Math.min(1, LIGHT_SIDE / Math.max(bitmap.width, bitmap.height));
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
