// The dialog that shares a drawing: its link, a QR code, and a picture of it with its explanation.

import { fragment } from "../common/drawing.js";
import { isStatic } from "../common/site.js";
import { hostedAt, pageAt, rememberHosted, warning } from "./link_address.js";
import { byId } from "./page_text.js";

const dialog = byId("share");
const [address, note, hosted, code, codeNote] = ["share-address", "share-note", "hosted-at", "qr", "qr-note"].map(byId);
const [copy, send, large] = ["copy-link", "send-link", "large-qr"].map(byId);
const NOTE_MS = 2500;

export class ShareDialog {
  #subject = null; // {strokes, model, reading}
  #run = 0; // of making a code: a later one ends it

  // `subject()` gives {strokes, model, reading, ...}, with a promise of the reading; strokes are null where a picture is
  // shown. `read(strokes)` reads them as the page would.
  constructor({ subject, read, exporter }) {
    Object.assign(this, { subject, read, exporter });
    byId("share-close").addEventListener("click", () => dialog.close());
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close()); // beside the dialog
    dialog.addEventListener("keydown", (event) => event.stopPropagation()); // the page's own keys stay away
    dialog.addEventListener("close", () => this.#forget());
    copy.addEventListener("click", () => copyText());
    address.addEventListener("focus", () => address.select());
    send.addEventListener("click", () => this.#send());
    large.addEventListener("click", () => this.#enlarge(!dialog.classList.contains("enlarged")));
    hosted.addEventListener("change", () => this.#host());
    byId("hosted-form").addEventListener("submit", (event) => event.preventDefault());
  }

  async open() {
    const subject = this.subject();
    this.#subject = subject;
    const isDrawing = this.#subject.strokes !== null;
    byId("share-heading").textContent = isDrawing ? "Share this drawing" : "Share this reading";
    byId("export-plain").textContent = isDrawing ? "The drawing alone" : "The picture alone";
    byId("share-link").hidden = !isDrawing;
    byId("share-no-link").hidden = isDrawing;
    hosted.value = hostedAt();
    dialog.showModal();
    if (isDrawing) this.#showLink();
    this.exporter.wait();
    const reading = await subject.reading;
    if (this.#subject === subject) this.exporter.begin({ ...subject, reading });
  }

  #page() {
    const here = location.origin === "null" ? location.href.split("#")[0] : `${location.origin}${location.pathname}`;
    return (warning(here, { isStatic }) && pageAt(hosted.value)) || here;
  }

  #showLink() {
    const { strokes, model } = this.#subject;
    const here = `${location.origin}${location.pathname}`;
    const page = this.#page();
    const hash = fragment({ strokes, model });
    const isWarned = warning(here, { isStatic }) !== "";
    byId("hosted").hidden = !isWarned;
    byId("share-warning").textContent = warning(page, { isStatic });
    note.textContent = hash === null ? "This drawing has too many strokes for a link. Save it as a picture, or undo some of it." : "";
    for (const button of [copy, send]) button.disabled = hash === null;
    address.value = hash === null ? "" : page + hash;
    send.hidden = !navigator.share;
    if (hash !== null && page === here) history.replaceState(null, "", location.pathname + location.search + hash);
    this.#showCode(page);
  }

  // Shortening a drawing for the code asks the reader, so it takes a moment.
  async #showCode(page) {
    const run = ++this.#run;
    const { strokes, model, reading: promised } = this.#subject;
    code.replaceChildren();
    large.disabled = true;
    codeNote.textContent = "Making a QR code …";
    const [reading, { qrCode, qrSvg }, { qrLink }] = await Promise.all([promised, import("./qr.js"), import("./qr_link.js")]);
    const link = await qrLink({ page, strokes, model, reading, read: this.read });
    if (run !== this.#run) return;
    const modules = link && qrCode(link.address);
    if (!modules) {
      codeNote.textContent = "This drawing has too many strokes for a QR code that a telephone could read. Send the link instead.";
      return;
    }
    code.replaceChildren(qrSvg(modules, "QR code with the link to this drawing"));
    large.disabled = false;
    codeNote.textContent = link.isShortened
      ? `Scan it to open the drawing. It draws the same lines with fewer points, and is read alike${reading?.text ? `: ${reading.text.replaceAll("\n", " / ")}` : ""}.`
      : "Scan it to open the drawing.";
  }

  #host() {
    const page = pageAt(hosted.value);
    byId("hosted-wrong").textContent =
      hosted.value.trim() && !page ? "That is not a web address. Type one such as https://example.org/inkling/." : "";
    rememberHosted(page);
    this.#showLink();
  }

  async #send() {
    try {
      await navigator.share({ title: "inkling", text: "A number, written by hand and read by a network", url: address.value });
    } catch (error) {
      if (error.name !== "AbortError") note.textContent = "This browser could not send it. Copy the link instead.";
    }
  }

  // The code as large as the window, for a class to scan from a screen.
  #enlarge(isLarge) {
    dialog.classList.toggle("enlarged", isLarge);
    large.textContent = isLarge ? "Show it small" : "Show it large";
    large.setAttribute("aria-pressed", String(isLarge));
  }

  #forget() {
    this.#run++;
    this.#subject = null;
    this.#enlarge(false);
    code.replaceChildren();
    this.exporter.end();
  }
}

async function copyText() {
  let isCopied = true;
  try {
    await navigator.clipboard.writeText(address.value);
  } catch {
    address.select();
    isCopied = document.execCommand("copy"); // where a page on http may not use the clipboard
  }
  note.textContent = isCopied ? "Link copied." : "This browser lets no page copy. Select the link and copy it.";
  setTimeout(() => (note.textContent = ""), NOTE_MS);
}
