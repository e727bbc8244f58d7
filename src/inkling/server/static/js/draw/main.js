// START HERE: connects the board, the images and the answer.

import { Board } from "../common/board.js";
import { ApiError, read } from "../common/api_client.js";
import { explainTerms } from "../common/glossary.js";
import { HandChooser } from "../common/hand_chooser.js";
import { KeyboardPen } from "../common/keyboard_pen.js";
import { showAnswer } from "./answer.js";
import { showBars } from "./probability_bars.js";
import { watchCells } from "./cells.js";
import { containedFrame, hideBoxes, showBoxes } from "./boxes.js";
import { watchComparison } from "./compare.js";
import { Correction } from "./correction.js";
import { LatestRequest } from "../common/latest_request.js";
import { greyPng } from "../common/png.js";
import { Persistence } from "./persistence.js";
import { downscaled, isDocument, watchImageInput } from "./image_input.js";
import { endManyImages, readManyImages } from "./many_images.js";
import { watchFilmstrip } from "./filmstrip.js";
import { Exporter } from "./export.js";
import { ShareDialog } from "./share.js";
import { showDigitTable } from "./table.js";
import { ShownPicture } from "./shown_picture.js";
import { showTiles } from "./tiles.js";
import { updateTools, watchTools } from "./toolbar.js";
import { byId, say, sentence, shortResult } from "./page_text.js";

const [paper, model] = [byId("paper"), byId("model")];

let reading = null; // the answer that is shown
let selected = 0; // the digit whose probabilities are shown
let onceShown = []; // resolve at the next answer
let handNote = ""; // why the remembered hand is not used

const requests = new LatestRequest({ shown, refused, offline });
const board = new Board(byId("board"), { changed: inkChanged, touched: beginWriting });
const picture = new ShownPicture({ changed: showState });
const persistence = new Persistence(board, model);
const filmstrip = watchFilmstrip({ model: () => model.value, whole: () => reading });
const chooser = document.querySelector("[data-hands=on]") ? new HandChooser({ changed: handChanged, failed: say }) : null;
const correction = chooser && new Correction({ chooser, readAgain });
const cells = watchCells({ model: () => model.value, hand: () => chooser?.reads });
const comparison = watchComparison({ parameters: (name) => model.querySelector(`[value="${CSS.escape(name)}"]`)?.dataset.parameters ?? "" });

function beginWriting() {
  endManyImages();
  if (picture.blob || paper.hasAttribute("aria-busy")) leavePicture();
}

function inkChanged() {
  say("");
  persistence.changed();
  showState();
  if (picture.blob) return;
  if (board.isEmpty) {
    requests.drop();
    show(null);
  } else {
    requests.ask({ run: readBoard });
  }
}

async function readBoard() {
  const sentAt = performance.now();
  const { blob } = await board.snapshot();
  return { ...(await readIt(blob)), blob, tookAll: performance.now() - sentAt };
}

// Reads with the chosen hand. If that fails, the original network reads, and the answer says why.
async function readIt(blob, more = {}) {
  const hand = chooser?.reads;
  try {
    return await read(blob, { model: model.value, hand, ...more });
  } catch (error) {
    const isGone = error.kind === "HandsClosed" || (error.kind === "UnknownName" && error.message.startsWith("unknown hand"));
    if (!hand || !(error instanceof ApiError) || !(isGone || error.kind === "WrongNetwork")) throw error;
    if (isGone) chooser.remove(hand);
    if (isGone) handNote = sentence(error.message); // until another one is chosen
    return { ...(await read(blob, { model: model.value, ...more })), note: sentence(error.message) };
  }
}

function handChanged() {
  handNote = "";
  readAgain();
}

// Reads what is on the paper again, and resolves to the reading; null if there is nothing to read.
function readAgain() {
  persistence.changed();
  if (picture.blob) takePicture(picture.blob);
  else if (board.isEmpty) return Promise.resolve(null);
  else requests.ask({ run: readBoard }, { fresh: true });
  return new Promise((done) => onceShown.push(done));
}

async function takePicture(blob, example) {
  say("");
  if (!blob) return say("That example could not be fetched. Try again in a moment.");
  if (blob.size === 0) return refused(new Error("That picture is empty or cannot be opened. Choose another."), { blob });
  const sentAt = performance.now();
  const run = async () => {
    const light = await downscaled(blob);
    const answer = await readIt(light);
    return { ...answer, blob: light, tookAll: performance.now() - sentAt };
  };
  paper.setAttribute("aria-busy", "true");
  requests.ask({ run, blob, example }, { fresh: true });
}

function takeOne(blob, example) {
  if (blob && isDocument(blob)) return takeMany([blob]);
  endManyImages();
  takePicture(blob, example);
}

function takeMany(files) {
  const first = files.find((file) => !isDocument(file));
  if (first) takePicture(first);
  else say("");
  const readOne = async (file) => readIt(await downscaled(file), { thumbnails: isDocument(file) ? "1" : "" });
  readManyImages(files, { read: readOne, offline, open: takePicture, openPage });
}

// A page of a document: its thumbnail stands for the picture, which the browser does not have.
function openPage(reading) {
  const bytes = Uint8Array.from(atob(reading.thumbnail.split(",")[1]), (letter) => letter.charCodeAt(0));
  showPicture(new Blob([bytes], { type: "image/jpeg" }), { isWhole: false });
  show({ ...reading, tookAll: reading.took_ms, blob: null });
}

function shown(answer, { blob, example }) {
  paper.removeAttribute("aria-busy");
  if (blob && blob !== picture.blob) showPicture(blob);
  if (example) example.querySelector(".caption").textContent = shortResult(answer);
  show(answer);
}

function refused(error, { blob }) {
  paper.removeAttribute("aria-busy");
  onceShown.splice(0).forEach((done) => done(null));
  if (blob && blob !== picture.blob) showPicture(blob); // the answer before belongs to another picture
  show(null);
  if (picture.blob) byId("sure").textContent = "Not read.";
  say(error.message);
}

function offline(isOffline) {
  byId("offline").hidden = !isOffline;
}

function show(answer) {
  const before = reading?.digits.length ?? 0;
  reading = answer;
  const n = answer?.digits.length ?? 0;
  if (n !== before || selected >= n) selected = Math.max(0, n - 1); // selects a new digit
  showAnswer(answer);
  showDigits();
  showDigitTable(answer);
  byId("hand-used").textContent = answer ? handUsed(answer) : "";
  for (const panel of [filmstrip, comparison, cells]) panel.setImage(answer?.blob ?? null, picture.blob ?? board);
  onceShown.splice(0).forEach((done) => done(answer));
  if (!answer) return;
  byId("version").textContent = answer.model.version;
  byId("took").textContent = `read in ${answer.took_ms.toFixed(1)} ms, ${answer.tookAll.toFixed(0)} ms in all`;
}

function showDigits() {
  const digits = reading?.digits ?? [];
  const which = digits.length > 1 ? `Digit ${selected + 1} of ${digits.length}` : "";
  showBars(digits[selected]?.probs ?? null, which);
  showTiles({ digits, refused: refusedInk(), selected, select, correct: correction && correct });
  if (digits.length + (reading?.others.length ?? 0) === 0) return hideBoxes();
  showBoxes(reading, picture.blob ? containedFrame(reading.size, paper) : board.frame, selected);
}

function select(i) {
  selected = i;
  showDigits();
}

const refusedInk = () => (reading?.others ?? []).filter(({ kind }) => kind === "refused" || kind === "mark");

// A page of a document has only a thumbnail here, so its boxes are scaled to that.
async function correct(opener, { box, said }, label) {
  const { blob, model: network, size } = reading;
  const source = blob ?? picture.blob;
  const { width } = blob ? { width: size[0] } : await createImageBitmap(source);
  const scaled = box.map((length) => Math.round((length * width) / size[0]));
  const name = picture.blob ? picture.blob.name || "a picture on the Draw page" : "drawn on the Draw page";
  correction.open(opener, { box: scaled, said, blob: source, model: network, source: name.slice(0, 200) }, label);
}

// Which hand read, or why none did.
function handUsed({ hand, note }) {
  if (!hand) return note ?? handNote;
  return hand.version ? `as ${hand.name} writes, version ${hand.version}` : `${hand.name} uses the original network`;
}

function showPicture(blob, options) {
  leavePicture();
  picture.show(blob, options);
}

function leavePicture() {
  requests.drop();
  paper.removeAttribute("aria-busy");
  picture.leave();
}

function backToBoard() {
  endManyImages();
  leavePicture();
  inkChanged();
}

function showState() {
  paper.classList.toggle("has-ink", !board.isEmpty);
  paper.classList.toggle("has-picture", picture.blob !== null);
  updateTools(board, picture.blob !== null);
}

function clearAll() {
  if (picture.blob) backToBoard(); // the image first; the drawing stays
  else board.clear();
}

const share = new ShareDialog({
  subject: () => ({
    strokes: picture.blob ? null : board.strokes,
    view: board.sentView,
    picture: picture.blob,
    reading,
    model: model.value,
    title: model.selectedOptions[0]?.textContent.trim() ?? "",
  }),
  read: async (strokes) => readIt(await greyPng(board.imageOf(strokes))),
  exporter: new Exporter({ engine: async () => null }),
});
byId("close").addEventListener("click", backToBoard);
model.addEventListener("change", readAgain);
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
new ResizeObserver(showDigits).observe(paper);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", showDigits);
persistence.begin();
showState();
explainTerms();
document.documentElement.dataset.ready = "true"; // the page is ready for input
