// START HERE: connects the board, the images and the answer.

import { Board } from "../common/board.js";
import { explainTerms } from "../common/glossary.js";
import { HandChooser } from "../common/hand_chooser.js";
import { KeyboardPen } from "../common/keyboard_pen.js";
import { watchCells } from "./cells.js";
import { Cropper } from "./crop.js";
import { containedFrame } from "./boxes.js";
import { watchComparison } from "./compare.js";
import { GhostPen } from "./ghost_pen.js";
import { LatestRequest } from "../common/latest_request.js";
import { pixelsOf } from "../common/png.js";
import { isStatic } from "../common/site.js";
import { Persistence } from "./persistence.js";
import { downscaled, isDocument, watchImageInput } from "./image_input.js";
import { ManyImages } from "./many_images.js";
import { watchFilmstrip } from "./filmstrip.js";
import { Exporter } from "./export.js";
import { Reader } from "./reader.js";
import { Rest } from "./rest.js";
import { ShareDialog } from "./share.js";
import { ShownPicture } from "./shown_picture.js";
import { ShownReading } from "./shown_reading.js";
import { inkSource, pictureSource } from "./source.js";
import { updateTools, watchTools } from "./toolbar.js";
import { byId, say, shortResult } from "./page_text.js";
import { WhyPanel } from "./why_panel.js";

const [paper, model] = [byId("paper"), byId("model")];

let onceShown = []; // resolvers called at the next answer
let revision = 0; // of the ink on the board
let isWaiting = false; // for the first answer about this ink
let correction = null; // a promise of the Correction, whose script loads on first use

const requests = new LatestRequest({ shown, refused, offline });
const board = new Board(byId("board"), { changed: inkChanged, touched: beginWriting });
const picture = new ShownPicture({ changed: showState });
const cropper = new Cropper({ picture, take: takePicture, failed: say });
const persistence = new Persistence(board, model);
const chooser = new HandChooser({ changed: handChanged, failed: say });
const reader = new Reader({ network: () => model.value, chooser });
const filmstrip = watchFilmstrip({ model: () => model.value, whole: () => reading.answer, reader });
const rest = new Rest({ rested: () => reading.present() });
const cells = watchCells({ model: () => model.value, hand: () => reader.handThere });
const many = new ManyImages({
  read: async (file) => reader.read(pictureSource(await downscaled(file)), { thumbnails: isDocument(file) ? "1" : "" }),
  offline,
  open: openOne,
  openPage,
});
const why = new WhyPanel({ engine: () => reader.engine() });
const comparison = watchComparison({ about, reader });
const reading = new ShownReading({
  isTentative,
  frame: ({ size, isGhost }) => (picture.blob ? containedFrame(size, paper) : (isGhost ? ghost : board).frame),
  subject: () => picture.blob ?? board,
  readOne: (source) => reader.read(source, { mode: "single" }),
  canTell: () => "refuses" in (model.selectedOptions[0]?.dataset ?? {}),
  handNote: () => reader.handNote,
  correct,
  why,
  panels: [filmstrip, comparison, cells],
});
const ghost = new GhostPen({
  canvas: byId("ghost"),
  nib: byId("ghost-nib"),
  note: byId("demonstration"),
  read: (source) => reader.read(source),
  show: (answer, isWritten) => show(answer && { ...answer, isGhost: true, isWritten }),
});

function about(name) {
  const option = [...model.options].find(({ value }) => value === name);
  return { title: option?.text ?? name, parameters: option?.dataset.parameters ?? "" };
}

function beginWriting() {
  ghost.end({ forGood: true });
  many.end();
  if (picture.blob || paper.hasAttribute("aria-busy")) leavePicture();
}

function inkChanged() {
  revision++;
  ghost.end();
  say("");
  persistence.changed();
  showState();
  if (picture.blob) return;
  const wasResting = rest.isResting;
  rest.changed({ isDrawing: board.isDrawing });
  if (board.isEmpty) {
    requests.drop();
    return show(null);
  }
  requests.ask({ run: readBoard });
  isWaiting = reading.answer === null;
  if (wasResting || isWaiting) reading.present(); // the remarks on screen are about earlier ink
}

async function readBoard() {
  const now = revision;
  return { ...(await reader.read(inkSource(board.pixels()))), revision: now };
}

function handChanged() {
  reader.handNote = "";
  readAgain();
  many.again();
}

// Reads the paper again and resolves to the reading; null if there is nothing to read.
function readAgain() {
  persistence.changed();
  if (picture.blob && picture.isWhole) takePicture(picture.blob); // ManyImages reads documents again
  else if (!picture.blob && board.isEmpty) return Promise.resolve(null);
  else if (!picture.blob) requests.ask({ run: readBoard }, { fresh: true });
  return new Promise((done) => onceShown.push(done));
}

async function takePicture(blob, example) {
  ghost.end();
  say("");
  if (!blob) return say("That example could not be fetched. Try again in a moment.");
  if (blob.size === 0) return refused(new Error("That picture is empty or cannot be opened. Choose another."), { blob });
  const run = async () => reader.read(pictureSource(await downscaled(blob)));
  paper.setAttribute("aria-busy", "true");
  requests.ask({ run, blob, example }, { fresh: true });
}

function takeOne(blob, example) {
  if (blob && isDocument(blob) && !isStatic) return takeMany([blob]);
  many.end();
  takePicture(blob, example);
}

function takeMany(files) {
  ghost.end();
  say("");
  many.take(files);
}

// Opens one of several pictures; on a phone the paper may be out of sight.
function openOne(blob) {
  takePicture(blob);
  paper.scrollIntoView({ block: "nearest" });
}

// Opens a page of a document by its thumbnail, because the browser does not have the picture.
function openPage(page) {
  const bytes = Uint8Array.from(atob(page.thumbnail.split(",")[1]), (letter) => letter.charCodeAt(0));
  showPicture(new Blob([bytes], { type: "image/jpeg" }), { isWhole: false });
  show({ ...page, tookAll: page.took_ms, source: null });
}

function shown(answer, { blob, example }) {
  paper.removeAttribute("aria-busy");
  if (blob && blob !== picture.blob) showPicture(blob);
  if (blob) many.readAs(blob, answer);
  if (example) example.querySelector(".caption").textContent = shortResult(answer);
  show(answer);
}

function refused(error, { blob }) {
  paper.removeAttribute("aria-busy");
  onceShown.splice(0).forEach((done) => done(null));
  if (blob && blob !== picture.blob) showPicture(blob); // the previous answer is for another picture
  show(null);
  if (picture.blob) byId("sure").textContent = "Not read.";
  say(error.message);
}

function offline(isOffline) {
  byId("offline").hidden = !isOffline;
}

// Takes a new answer; null for none.
function show(answer) {
  isWaiting = false;
  reading.show(answer);
  onceShown.splice(0).forEach((done) => done(answer));
}

// Whether the answer may change with the next move of the pen. Such an answer is shown in gray, without remarks.
function isTentative(answer) {
  if (!answer) return isWaiting;
  return !picture.blob && (answer.isGhost || !rest.isResting || answer.revision !== revision);
}

// A promise of the Correction, or of null if its script could not be loaded; the next call then tries again.
function loadedCorrection() {
  correction ??= import("./correction.js").then(
    ({ Correction }) => new Correction({ chooser, readAgain }),
    () => (correction = null),
  );
  return correction;
}

// Of a document's page there is only a thumbnail here, so the boxes are scaled to the thumbnail.
async function correct(opener, { box, said }, label) {
  const form = loadedCorrection();
  const { model: network, size, source: read } = reading.answer;
  const source = (await read?.blob()) ?? picture.blob;
  const { width } = read ? { width: size[0] } : await createImageBitmap(source);
  const scaled = box.map((length) => Math.round((length * width) / size[0]));
  const name = picture.blob ? picture.blob.name || "a picture on the Draw page" : "drawn on the Draw page";
  if (!(await form)) return say("The form for corrections could not be loaded. Try again.");
  return (await form).open(opener, { box: scaled, said, blob: source, model: network, source: name.slice(0, 200) }, label);
}

function showPicture(blob, options) {
  requests.drop();
  paper.removeAttribute("aria-busy");
  picture.show(blob, options);
}

function leavePicture() {
  requests.drop();
  paper.removeAttribute("aria-busy");
  picture.leave();
}

function backToBoard() {
  many.end();
  leavePicture();
  inkChanged();
}

function showState() {
  paper.classList.toggle("has-ink", !board.isEmpty);
  paper.classList.toggle("has-picture", picture.blob !== null);
  updateTools(board, picture.blob !== null);
  cropper.update();
}

function clearAll() {
  if (picture.blob) backToBoard(); // removes the image first; the drawing stays
  else board.clear();
}

const share = new ShareDialog({
  subject: () => ({
    strokes: picture.blob ? null : board.strokes,
    view: board.sentView,
    picture: picture.blob,
    reading: isTentative(reading.answer) ? readAgain() : Promise.resolve(reading.answer), // of the current ink
    model: model.value,
    title: model.selectedOptions[0]?.textContent.trim() ?? "",
    rivals: (answer) => why.rivalsIn(answer),
  }),
  read: (strokes) => reader.read(inkSource(pixelsOf(board.imageOf(strokes)))),
  exporter: new Exporter({ engine: () => reader.engine() }),
});
byId("close").addEventListener("click", backToBoard);
model.addEventListener("change", () => {
  readAgain();
  many.again();
});
watchTools(board, { picture: () => picture.blob !== null, clearAll, share: () => share.open() });
watchImageInput({
  inputs: [byId("upload"), byId("camera")],
  dropZone: byId("drop"),
  examples: document.querySelectorAll("[data-example]"),
  take: takeOne,
  takeMany,
  takeText: (text) => {
    if (!persistence.openText(text)) say("That is text, not a picture. Copy a picture of a number and paste that, or write here.");
  },
});
new KeyboardPen(board, { nib: byId("nib"), say: (text) => (byId("spoken").textContent = text) });
new ResizeObserver(() => reading.presentDigits()).observe(paper);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => reading.presentDigits());
persistence.begin();
showState();
explainTerms();
if (board.isEmpty && !picture.blob) ghost.start();
else ghost.end();
reader.engine().catch(() => {}); // so that the first stroke is read without delay; a reading reports any error
document.documentElement.dataset.ready = "true"; // the page is ready for input
