// Crops and turns the picture on the paper. This makes a new picture, which is then read and shown; "Read all" restores
// the original.

import { CropFrame } from "./crop_frame.js";
import { byId } from "./page_text.js";
import { drawn, inside, quarterTurned, wholeOf } from "./turned_picture.js";

const READ_SIDE = 2400; // pixels: longer side of the part that is read; the limit in image_input.js
const VIEW_SIDE = 1400; // pixels: longer side of the copy that is shown while the picture is being turned
const LOSSLESS_PIXELS = 1_000_000; // a larger part is sent as JPEG
const NUDGE = { "[": -0.5, "]": 0.5 }; // degrees

const [editor, tools, canvas] = [byId("crop"), byId("crop-tools"), byId("crop-view")];
const [open, readAll, turn, turned] = [byId("crop-open"), byId("read-all"), byId("crop-angle"), byId("crop-angle-shown")];

const edits = new WeakMap(); // a picture made here -> {original, quarters, fine, part}

// The file that a picture was made from; the picture itself if it was not made here.
export function originalOf(blob) {
  return edits.get(blob)?.original ?? blob;
}

export class Cropper {
  #original = null; // the Blob that is edited; null while closed
  #image = null; // the same picture as an image element outside the page
  #view = null; // a smaller copy
  #quarters = 0; // quarter turns clockwise
  #fine = 0; // degrees clockwise
  #frame;

  // `picture` is the ShownPicture; `take(blob)` reads a picture, and `failed(text)` reports an error.
  constructor({ picture, take, failed }) {
    Object.assign(this, { picture, take, failed });
    this.#frame = new CropFrame(byId("crop-frame"), editor);
    open.addEventListener("click", () => this.#open());
    readAll.addEventListener("click", () => this.#take(originalOf(this.picture.blob)));
    byId("crop-left").addEventListener("click", () => this.#turn(3));
    byId("crop-right").addEventListener("click", () => this.#turn(1));
    turn.addEventListener("input", () => this.#setFine(Number(turn.value)));
    byId("crop-reset").addEventListener("click", () => this.#reset());
    byId("crop-cancel").addEventListener("click", () => this.close());
    byId("crop-read").addEventListener("click", () => this.#read());
    for (const part of [editor, tools]) part.addEventListener("keydown", (event) => this.#key(event));
    new ResizeObserver(() => this.#original && this.#setPart(this.#frame.part)).observe(editor);
  }

  get isOpen() {
    return this.#original !== null;
  }

  // Call when the picture on the paper has changed.
  update() {
    if (this.#original && originalOf(this.picture.blob) !== this.#original) this.close();
    open.hidden = !this.picture.isVisible || !this.picture.isWhole;
    readAll.hidden = !this.picture.isVisible || !edits.has(this.picture.blob);
  }

  async #open() {
    const shown = this.picture.blob;
    const edit = edits.get(shown);
    const original = originalOf(shown);
    const image = new Image();
    image.src = URL.createObjectURL(original);
    try {
      await image.decode();
    } catch {
      URL.revokeObjectURL(image.src);
      this.failed("This browser cannot open the picture to crop it.");
      return;
    }
    if (this.picture.blob !== shown) return URL.revokeObjectURL(image.src); // replaced in the meantime
    this.#original = original;
    this.#image = image;
    const factor = Math.min(1, VIEW_SIDE / Math.max(...this.#size));
    this.#view = drawn(image, this.#size, 0, wholeOf(this.#size, 0), factor * Math.max(...this.#size));
    [this.#quarters, this.#fine] = [edit?.quarters ?? 0, edit?.fine ?? 0];
    turn.value = String(this.#fine);
    for (const part of [editor, tools]) part.hidden = false;
    this.#setPart(edit?.part ?? this.#whole);
    this.#frame.focus();
    editor.scrollIntoView({ block: "nearest" });
  }

  close() {
    if (!this.#original) return;
    URL.revokeObjectURL(this.#image.src);
    this.#original = this.#image = this.#view = null;
    canvas.width = canvas.height = 0; // frees its memory
    const hadFocus = [editor, tools].some((part) => part.contains(document.activeElement));
    for (const part of [editor, tools]) part.hidden = true;
    if (hadFocus) open.focus();
  }

  get #size() {
    return [this.#image.naturalWidth, this.#image.naturalHeight];
  }

  get #degrees() {
    return 90 * this.#quarters + this.#fine;
  }

  get #whole() {
    return wholeOf(this.#size, this.#degrees);
  }

  #turn(quarters) {
    let { part } = this.#frame;
    for (let i = 0; i < quarters; i++) part = quarterTurned(part);
    this.#quarters = (this.#quarters + quarters) % 4;
    this.#setPart(part);
  }

  // A frame around the whole picture stays around the whole picture.
  #setFine(degrees) {
    const { part, isWhole } = this.#frame;
    this.#fine = degrees;
    this.#setPart(isWhole ? this.#whole : inside(part, this.#whole));
  }

  #reset() {
    [this.#quarters, this.#fine] = [0, 0];
    turn.value = "0";
    this.#setPart(this.#whole);
  }

  #setPart(part) {
    this.#frame.set(part, this.#whole);
    this.#show();
  }

  #show() {
    const whole = this.#whole;
    const frame = this.#frame.place();
    const pixels = Math.max(frame.width, frame.height) * devicePixelRatio;
    const shrunk = this.#view.width / this.#size[0];
    const of = (side) => Object.fromEntries(Object.entries(side).map(([name, length]) => [name, length * shrunk]));
    const shown = drawn(this.#view, [this.#view.width, this.#view.height], this.#degrees, of(whole), pixels);
    [canvas.width, canvas.height] = [shown.width, shown.height];
    canvas.getContext("2d").drawImage(shown, 0, 0);
    Object.assign(canvas.style, { left: `${frame.left}px`, top: `${frame.top}px`, width: `${frame.width}px`, height: `${frame.height}px` });
    turned.textContent = `${this.#fine > 0 ? "+" : ""}${this.#fine}°`.replace("-", "\u2212");
    turn.setAttribute("aria-valuetext", `${this.#fine} degrees`);
  }

  async #read() {
    const original = this.#original;
    const edit = { original, quarters: this.#quarters, fine: this.#fine, part: this.#frame.part };
    if (this.#frame.isWhole && this.#degrees === 0) return this.#take(original);
    const sheet = drawn(this.#image, this.#size, this.#degrees, edit.part, READ_SIDE);
    const isSmall = sheet.width * sheet.height <= LOSSLESS_PIXELS;
    const blob = await new Promise((done) => sheet.toBlob(done, isSmall ? "image/png" : "image/jpeg", 0.92));
    if (!blob) return this.failed("This browser has too little memory for this part. Choose a smaller one.");
    const part = new File([blob], original.name ?? "part", { type: blob.type });
    edits.set(part, edit);
    return this.#take(part);
  }

  #take(blob) {
    this.close();
    this.take(blob);
    open.focus();
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey) return;
    const nudge = NUDGE[event.key];
    if (event.key === "Escape") this.close();
    else if (event.key === "Enter" && event.target.getAttribute("role") === "slider") this.#read();
    else if (nudge) {
      turn.value = String(this.#fine + nudge);
      this.#setFine(Number(turn.value));
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
