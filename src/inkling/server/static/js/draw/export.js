// Saves a drawing or picture, alone or with its answer and explanations, as PNG or SVG.

import { rivalOf } from "../common/rival.js";
import { saveFile } from "../common/save_file.js";
import { byId } from "./page_text.js";

const PNG_SCALE = 2; // pixels per unit of the SVG: about 400 dots per inch for an explanation 12 cm wide
const MOST_PIXELS = 16_000_000; // of a PNG: the limit of a phone's canvas
const PICTURE_SIDE = 1200; // pixels: longer side of a picture inside the SVG
const MOST_EXPLAINED = 8; // digits

const [preview, note, plain] = [byId("export-preview"), byId("export-note"), document.querySelector("[name=export][value=plain]")];
const kinds = [...document.querySelectorAll("[name=export]")];
const buttons = [byId("save-png"), byId("save-svg")];

export class Exporter {
  #subject = null; // {strokes, view, picture, reading, title, rivals}
  #made = null; // promise of {explained, plain}: SVG texts
  #stop = null; // AbortController of the explanations

  // `engine()` returns a promise of the page's engine, or of null if the page has none.
  constructor({ engine }) {
    this.engine = engine;
    for (const kind of kinds) kind.addEventListener("change", () => this.#show());
    byId("save-png").addEventListener("click", () => this.#save("png"));
    byId("save-svg").addEventListener("click", () => this.#save("svg"));
  }

  // Shows that the subject is still being read.
  wait() {
    this.end();
    for (const button of buttons) button.disabled = true;
    note.textContent = "Reading …";
  }

  // Makes the pictures of a subject: {strokes, view} of a drawing or {picture} (a Blob); `reading`, null for none;
  // `title`, the network's display name; `rivals(reading)`, the digits chosen for comparison (a Map).
  begin(subject) {
    this.end();
    this.#subject = subject;
    this.#stop = new AbortController();
    kinds.find((kind) => kind.value === "explained").disabled = !subject.reading;
    if (!subject.reading) plain.checked = true;
    this.#made = this.#make(subject, this.#stop.signal);
    this.#show();
  }

  end() {
    this.#stop?.abort();
    this.#subject = this.#made = this.#stop = null;
    note.textContent = "";
    preview.hidden = true;
    if (preview.src) URL.revokeObjectURL(preview.src);
    preview.removeAttribute("src");
  }

  async #make({ strokes, view, picture, reading, title, rivals }, signal) {
    const { drawingSvg, explanationSvg } = await import("./explanation_svg.js");
    const shown = picture ? await pictureView(picture, reading) : view;
    const alone = drawingSvg(shown, strokes);
    if (!reading) return { plain: alone };
    const whys = await this.#whys(reading, rivals(reading), signal);
    const date = new Date().toLocaleDateString("en-GB", { day: "numeric", month: "long", year: "numeric" });
    return { plain: alone, explained: explanationSvg({ view: shown, strokes, reading, whys, network: title, date }) };
  }

  // The explanations of the first MOST_EXPLAINED digits; null for each digit that the page's engine cannot explain.
  async #whys({ digits, model }, rivals, signal) {
    const [engine, { SIDE, why }] = await Promise.all([this.engine(), import("../common/why.js")]);
    const found = [];
    for (const [n, { tile, probs, digit }] of digits.slice(0, MOST_EXPLAINED).entries()) {
      if (!engine || tile?.length !== SIDE) {
        found.push(null);
        continue;
      }
      const flat = Float32Array.from(tile.flat(), (ink) => ink / 255);
      found.push(await why({ engine, tile: flat, network: model.name, digit, rival: rivals.get(n) ?? rivalOf(probs, digit), signal }));
    }
    return found;
  }

  async #show() {
    const made = this.#made;
    for (const button of buttons) button.disabled = true;
    note.textContent = "Making the picture …";
    const svg = await this.#chosen(made);
    if (made !== this.#made || !svg) return;
    if (preview.src) URL.revokeObjectURL(preview.src);
    preview.src = URL.createObjectURL(svgBlob(svg));
    preview.hidden = false;
    note.textContent = "";
    for (const button of buttons) button.disabled = false;
  }

  // The chosen SVG; null if it could not be made.
  async #chosen(made) {
    try {
      return (await made)[plain.checked ? "plain" : "explained"];
    } catch (error) {
      if (made === this.#made) note.textContent = `The picture could not be made: ${error.message}`;
      return null;
    }
  }

  async #save(kind) {
    const { reading } = this.#subject;
    const svg = await this.#chosen(this.#made);
    if (!svg) return;
    const name = `${fileName(reading)}${plain.checked ? "" : "-explained"}.${kind}`;
    try {
      saveFile([kind === "svg" ? svg : await png(svg)], name, kind === "svg" ? "image/svg+xml" : "image/png");
      note.textContent = `Saved as ${name}.`;
    } catch {
      note.textContent = "This browser could not make the PNG. Save it as SVG.";
    }
  }
}

// "inkling-407": digits, signs and letters that every file system allows.
function fileName(reading) {
  const said = (reading?.written ?? "").trim().replaceAll(/\s+/g, "_").replaceAll(/[^\w.,+-]/g, "-").slice(0, 40);
  return said.replaceAll(/[-._]/g, "") ? `inkling-${said}` : "inkling-drawing";
}

async function pictureView(blob, reading) {
  const image = await createImageBitmap(blob);
  const factor = Math.min(1, PICTURE_SIDE / Math.max(image.width, image.height));
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [image.width, image.height].map((length) => Math.max(1, Math.round(length * factor)));
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  image.close();
  const [width, height] = reading?.size ?? [canvas.width, canvas.height];
  return { width, height, image: canvas.toDataURL("image/jpeg", 0.88) };
}

function svgBlob(svg) {
  return new Blob([svg], { type: "image/svg+xml" });
}

async function png(svg) {
  const image = new Image();
  image.src = URL.createObjectURL(svgBlob(svg));
  try {
    await image.decode();
    const scale = Math.min(PNG_SCALE, Math.sqrt(MOST_PIXELS / (image.naturalWidth * image.naturalHeight)));
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight].map((length) => Math.round(length * scale));
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise((done) => canvas.toBlob(done, "image/png"));
    if (!blob) throw new Error("no PNG");
    return blob;
  } finally {
    URL.revokeObjectURL(image.src);
  }
}
