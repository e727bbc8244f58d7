// START HERE: connects the board, the images and the answer.

import { Board } from "../common/board.js";
import { read } from "../common/api_client.js";
import { showAnswer } from "./answer.js";
import { showBars } from "./probability_bars.js";
import { watchCells } from "./cells.js";
import { containedFrame, hideBoxes, showBoxes } from "./boxes.js";
import { watchComparison } from "./compare.js";
import { KeyboardPen } from "./keyboard_pen.js";
import { LatestRequest } from "../common/latest_request.js";
import { Persistence } from "./persistence.js";
import { downscaled, isDocument, watchImageInput } from "./image_input.js";
import { endManyImages, readManyImages } from "./many_images.js";
import { watchFilmstrip } from "./filmstrip.js";
import { showDigitTable } from "./table.js";
import { showTiles } from "./tiles.js";
import { updateTools, watchTools } from "./toolbar.js";
import { byId, say, shortResult } from "./page_text.js";

const [paper, picture, model] = [byId("paper"), byId("picture"), byId("model")];

let reading = null; // the answer that is shown
let selected = 0; // the digit whose probabilities are shown
let shownPicture = null; // the Blob on the paper; null while the board is shown

const requests = new LatestRequest({ shown, refused, offline });
const board = new Board(byId("board"), { changed: inkChanged, touched: beginWriting });
const persistence = new Persistence(board, model);
const filmstrip = watchFilmstrip({ model: () => model.value, whole: () => reading });
const cells = watchCells({ model: () => model.value });
const comparison = watchComparison({ parameters: (name) => model.querySelector(`[value="${CSS.escape(name)}"]`)?.dataset.parameters ?? "" });

function beginWriting() {
  endManyImages();
  if (shownPicture || paper.hasAttribute("aria-busy")) leavePicture();
}

function inkChanged() {
  say("");
  persistence.changed();
  showState();
  if (shownPicture) return;
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
  return { ...(await read(blob, { model: model.value })), blob, tookAll: performance.now() - sentAt };
}

async function takePicture(blob, example) {
  say("");
  if (!blob || blob.size === 0) {
    say("That picture is empty or cannot be opened. Choose another.");
    return;
  }
  const sentAt = performance.now();
  const run = async () => {
    const light = await downscaled(blob);
    const answer = await read(light, { model: model.value });
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
  const readOne = async (file) => read(await downscaled(file), { model: model.value, thumbnails: isDocument(file) ? "1" : "" });
  readManyImages(files, { read: readOne, offline, open: takePicture, openPage });
}

// A page of a document: its thumbnail stands for the picture, which the browser does not have.
function openPage(reading) {
  const bytes = Uint8Array.from(atob(reading.thumbnail.split(",")[1]), (letter) => letter.charCodeAt(0));
  showPicture(new Blob([bytes], { type: "image/jpeg" }));
  show({ ...reading, tookAll: reading.took_ms, blob: null });
}

function shown(answer, { blob, example }) {
  paper.removeAttribute("aria-busy");
  if (blob && blob !== shownPicture) showPicture(blob);
  if (example) example.querySelector(".caption").textContent = shortResult(answer);
  show(answer);
}

function refused(error, { blob }) {
  paper.removeAttribute("aria-busy");
  say(error.message);
  if (!blob) show(null);
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
  for (const panel of [filmstrip, comparison, cells]) panel.setImage(answer?.blob ?? null);
  if (!answer) return;
  byId("version").textContent = answer.model.version;
  byId("took").textContent = `read in ${answer.took_ms.toFixed(1)} ms, ${answer.tookAll.toFixed(0)} ms in all`;
}

function showDigits() {
  const digits = reading?.digits ?? [];
  const which = digits.length > 1 ? `Digit ${selected + 1} of ${digits.length}` : "";
  showBars(digits[selected]?.probs ?? null, which);
  showTiles(digits, selected, (i) => {
    selected = i;
    showDigits();
  });
  if (digits.length + (reading?.others.length ?? 0) === 0) return hideBoxes();
  const whole = { left: 0, top: 0, width: paper.clientWidth, height: paper.clientHeight };
  showBoxes(reading, shownPicture ? containedFrame(reading.size, paper) : whole, selected);
}

function showPicture(blob) {
  leavePicture();
  shownPicture = blob;
  picture.src = URL.createObjectURL(blob);
  picture.hidden = false;
  showState();
}

function leavePicture() {
  requests.drop();
  paper.removeAttribute("aria-busy");
  if (!shownPicture) return;
  shownPicture = null;
  URL.revokeObjectURL(picture.src);
  picture.hidden = true;
  picture.removeAttribute("src");
  showState();
}

function backToBoard() {
  endManyImages();
  leavePicture();
  inkChanged();
}

function showState() {
  paper.classList.toggle("has-ink", !board.isEmpty);
  paper.classList.toggle("has-picture", shownPicture !== null);
  updateTools(board, shownPicture !== null);
}

function clearAll() {
  if (shownPicture) backToBoard(); // the image first; the drawing stays
  else board.clear();
}

byId("close").addEventListener("click", backToBoard);
model.addEventListener("change", () => {
  if (shownPicture) takePicture(shownPicture);
  else inkChanged();
});
watchTools(board, { picture: () => shownPicture !== null, clearAll, copyLink: () => persistence.copyLink() });
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
document.documentElement.dataset.ready = "true"; // the page is ready for input
