// START HERE: ties the board, the pictures and the answer together.

import { percent, showAnswer } from "./answer.js";
import { showBars } from "./bars.js";
import { Board } from "../common/board.js";
import { containedFrame, hideBoxes, showBoxes } from "./boxes.js";
import { read } from "../common/client.js";
import { Live } from "./live.js";
import { lightened, watchPictures } from "./pictures.js";
import { showTiles } from "./tiles.js";

const byId = (id) => document.getElementById(id);
const [paper, picture, message] = [byId("paper"), byId("picture"), byId("message")];
const [undo, clear, model] = [byId("undo"), byId("clear"), byId("model")];

let reading = null; // the answer that is shown
let selected = 0; // the digit of it whose bars are shown
let shownPicture = null; // the Blob on the paper; null while the board is shown

const live = new Live({ shown, refused, away });
const board = new Board(byId("board"), { changed: inkChanged, touched: beginWriting });

function beginWriting() {
  if (shownPicture || paper.hasAttribute("aria-busy")) leavePicture();
}

function inkChanged() {
  message.textContent = "";
  updateTools();
  if (board.isEmpty) {
    live.drop();
    show(null);
  } else {
    live.ask({ run: readBoard });
  }
}

async function readBoard() {
  const sentAt = performance.now();
  const { blob } = await board.snapshot();
  return { ...(await read(blob, { model: model.value })), tookAll: performance.now() - sentAt };
}

async function takePicture(blob, example) {
  message.textContent = "";
  if (!blob || blob.size === 0) {
    message.textContent = "That picture is empty or cannot be opened. Choose another.";
    return;
  }
  const sentAt = performance.now();
  const run = async () => {
    const answer = await read(await lightened(blob), { model: model.value });
    return { ...answer, tookAll: performance.now() - sentAt };
  };
  paper.setAttribute("aria-busy", "true");
  live.ask({ run, blob, example }, { fresh: true });
}

function shown(answer, { blob, example }) {
  paper.removeAttribute("aria-busy");
  if (blob && blob !== shownPicture) showPicture(blob);
  if (example) caption(example, answer);
  show(answer);
}

function refused(error, { blob }) {
  paper.removeAttribute("aria-busy");
  const text = error.message;
  message.textContent = text.charAt(0).toUpperCase() + text.slice(1);
  if (!blob) show(null);
}

function away(isAway) {
  byId("away").hidden = !isAway;
}

function show(answer) {
  const before = reading?.digits.length ?? 0;
  reading = answer;
  const n = answer?.digits.length ?? 0;
  if (n !== before || selected >= n) selected = Math.max(0, n - 1); // a new digit is the one being looked at
  showAnswer(answer);
  showDigits();
  if (!answer) return;
  byId("version").textContent = answer.model.version;
  byId("took").textContent = `read in ${answer.took_ms.toFixed(1)} ms, ${answer.tookAll.toFixed(0)} ms in all`;
}

function showDigits() {
  const digits = reading?.digits ?? [];
  showBars(digits[selected]?.probs ?? null);
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
  paper.classList.add("has-picture");
  updateTools();
}

function leavePicture() {
  live.drop();
  paper.removeAttribute("aria-busy");
  if (!shownPicture) return;
  shownPicture = null;
  URL.revokeObjectURL(picture.src);
  picture.hidden = true;
  picture.removeAttribute("src");
  paper.classList.remove("has-picture");
  updateTools();
}

function backToBoard() {
  leavePicture();
  inkChanged();
}

function caption(button, { text, confidence }) {
  button.querySelector(".caption").textContent = text ? `${text.replaceAll("\n", " ")} · ${percent(confidence)}` : "nothing";
}

function updateTools() {
  paper.classList.toggle("has-ink", !board.isEmpty);
  undo.disabled = shownPicture !== null || board.isEmpty;
  clear.disabled = shownPicture === null && board.isEmpty;
}

function clearAll() {
  if (shownPicture) backToBoard(); // first the picture, which leaves the writing as it was
  else board.clear();
}

undo.addEventListener("click", () => board.undo());
clear.addEventListener("click", clearAll);
byId("close").addEventListener("click", backToBoard);
model.addEventListener("change", () => {
  if (shownPicture) takePicture(shownPicture);
  else inkChanged();
});
addEventListener("keydown", (event) => {
  if (event.target.closest?.("select, input")) return;
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z" && !event.shiftKey) {
    event.preventDefault();
    if (!undo.disabled) board.undo();
  } else if (event.key === "Escape" || event.key === "Delete") {
    clearAll();
  }
});
watchPictures({
  upload: byId("upload"),
  dropZone: byId("drop"),
  examples: document.querySelectorAll("[data-example]"),
  take: takePicture,
});
new ResizeObserver(showDigits).observe(paper);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", showDigits);
updateTools();
document.documentElement.dataset.ready = "true"; // the page answers to the pen
