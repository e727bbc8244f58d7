// The dialog that shares a drawing: its link, a QR code, and a picture of it with its explanation.

import { fragment } from "../common/drawing.js";
import { isStatic } from "../common/site.js";
import { audience, hostedAt, pageAt, rememberHosted, warning, wayOut } from "./link_address.js";
import { byId } from "./page_text.js";

const dialog = byId("share");
const [address, note, hosted, code, codeNote] = ["share-address", "share-note", "hosted-at", "qr", "qr-note"].map(byId);
const [copy, send, large] = ["copy-link", "send-link", "large-qr"].map(byId);
const [linkPart, noLink, picturePart] = ["share-link", "share-no-link", "share-picture"].map(byId);
const NOTE_MS = 2500;

export class ShareDialog {
  #subject = null; // {strokes, model, reading}
  #run = 0; // the number of the current run that makes a code; a later run ends an earlier one

  // `subject()` returns {strokes, model, reading, ...}: `reading` is a promise, and `strokes` is null if a picture is
  // shown. `read(strokes)` reads strokes as the page would.
  constructor({ subject, read, exporter }) {
    Object.assign(this, { subject, read, exporter });
    byId("share-close").addEventListener("click", () => dialog.close());
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close()); // a click on the backdrop
    dialog.addEventListener("keydown", (event) => event.stopPropagation()); // keeps the page's shortcuts out
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
    linkPart.hidden = !isDrawing;
    noLink.hidden = isDrawing;
    hosted.value = hostedAt();
    this.#putFirst({ picture: false });
    dialog.showModal();
    if (isDrawing) this.#showLink();
    this.exporter.wait();
    const reading = await subject.reading;
    if (this.#subject === subject) this.exporter.begin({ ...subject, reading });
  }

  #page() {
    const here = location.origin === "null" ? location.href.split("#")[0] : `${location.origin}${location.pathname}`;
    return (warning(here) && pageAt(hosted.value)) || here;
  }

  #showLink() {
    const { strokes, model } = this.#subject;
    const here = `${location.origin}${location.pathname}`;
    const page = this.#page();
    const hash = fragment({ strokes, model });
    byId("hosted").hidden = warning(here) === "";
    byId("way-out").textContent = wayOut(here, { isStatic });
    byId("share-warning").textContent = warning(page);
    note.textContent = hash === null ? "This drawing has too many strokes for a link. Save it as a picture, or undo some of it." : "";
    for (const button of [copy, send]) button.disabled = hash === null;
    address.value = hash === null ? "" : page + hash;
    send.hidden = !navigator.share;
    if (hash !== null && page === here) history.replaceState(null, "", location.pathname + location.search + hash);
    const isForNobodyElse = audience(page) === "computer";
    this.#putFirst({ picture: isForNobodyElse });
    if (isForNobodyElse) this.#dropCode();
    else this.#showCode(page);
  }

  // If nobody else can open the link, the picture comes first, and there is no code to scan.
  #putFirst({ picture }) {
    dialog.classList.toggle("picture-first", picture);
    if (picture) linkPart.before(picturePart);
    else noLink.after(picturePart);
    byId("save-png").classList.toggle("primary", picture);
    copy.classList.toggle("primary", !picture);
  }

  #dropCode() {
    this.#run++;
    code.replaceChildren();
    codeNote.textContent = "";
    large.disabled = true;
  }

  // Shortening a drawing reads it again, so this takes a moment.
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
      codeNote.textContent = "This drawing has too many strokes for a QR code. Send the link instead.";
      return;
    }
    code.replaceChildren(qrSvg(modules, "QR code with the link to this drawing"));
    large.disabled = false;
    codeNote.textContent = link.isShortened
      ? `Scan it to open the drawing. It has the same lines with fewer points, and is read the same${reading?.text ? `: ${reading.text.replaceAll("\n", " / ")}` : ""}.`
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

  // Shows the code as large as the window, for a class to scan from a screen.
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
    isCopied = document.execCommand("copy"); // because a page on http cannot use the clipboard API
  }
  note.textContent = isCopied ? "Link copied." : "This browser does not allow copying. Select the link and copy it.";
  setTimeout(() => (note.textContent = ""), NOTE_MS);
}
