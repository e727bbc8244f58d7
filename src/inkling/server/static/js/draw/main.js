// START HERE: ties the board, the pictures and the answer together.

import { Board } from "../common/board.js";
import { read } from "../common/client.js";
import { showAnswer } from "./answer.js";
import { showBars } from "./bars.js";
import { containedFrame, hideBoxes, showBoxes } from "./boxes.js";
import { watchComparison } from "./compare.js";
import { KeyPen } from "./keypen.js";
import { Live } from "../common/live.js";
import { Memory } from "./memory.js";
import { lightened, watchPictures } from "./pictures.js";
import { endSeveral, readSeveral } from "./several.js";
import { watchStrip } from "./strip.js";
import { showDigitTable } from "./table.js";
import { showTiles } from "./tiles.js";
import { updateTools, watchTools } from "./tools.js";
import { byId, say, tell } from "./words.js";

const [paper, picture, model] = [byId("paper"), byId("picture"), byId("model")];

let reading = null; // the answer that is shown
let selected = 0; // the digit of it whose bars are shown
let shownPicture = null; // the Blob on the paper; null while the board is shown

const live = new Live({ shown, refused, away });
const board = new Board(byId("board"), { changed: inkChanged, touched: beginWriting });
const memory = new Memory(board, model);
const strip = watchStrip({ model: () => model.value, whole: () => reading });
const comparison = watchComparison({ parameters: (name) => model.querySelector(`[value="${CSS.escape(name)}"]`)?.dataset.parameters ?? "" });

function beginWriting() {
  endSeveral();
  if (shownPicture || paper.hasAttribute("aria-busy")) leavePicture();
}

function inkChanged() {
  say("");
  memory.changed();
  showState();
  if (shownPicture) return;
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
    const light = await lightened(blob);
    const answer = await read(light, { model: model.value });
    return { ...answer, blob: light, tookAll: performance.now() - sentAt };
  };
  paper.setAttribute("aria-busy", "true");
  live.ask({ run, blob, example }, { fresh: true });
}

function takeOne(blob, example) {
  endSeveral();
  takePicture(blob, example);
}

function takeSeveral(files) {
  takePicture(files[0]);
  readSeveral(files, { read: async (file) => read(await lightened(file), { model: model.value }), away, open: takePicture });
}

function shown(answer, { blob, example }) {
  paper.removeAttribute("aria-busy");
  if (blob && blob !== shownPicture) showPicture(blob);
  if (example) example.querySelector(".caption").textContent = tell(answer);
  show(answer);
}

function refused(error, { blob }) {
  paper.removeAttribute("aria-busy");
  say(error.message);
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
  showDigitTable(answer);
  for (const panel of [strip, comparison]) panel.look(answer?.blob ?? null);
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
  live.drop();
  paper.removeAttribute("aria-busy");
  if (!shownPicture) return;
  shownPicture = null;
  URL.revokeObjectURL(picture.src);
  picture.hidden = true;
  picture.removeAttribute("src");
  showState();
}

function backToBoard() {
  endSeveral();
  leavePicture();
  inkChanged();
}

function showState() {
  paper.classList.toggle("has-ink", !board.isEmpty);
  paper.classList.toggle("has-picture", shownPicture !== null);
  updateTools(board, shownPicture !== null);
}

function clearAll() {
  if (shownPicture) backToBoard(); // first the picture, which leaves the writing as it was
  else board.clear();
}

byId("close").addEventListener("click", backToBoard);
model.addEventListener("change", () => {
  if (shownPicture) takePicture(shownPicture);
  else inkChanged();
});
watchTools(board, { picture: () => shownPicture !== null, clearAll, copyLink: () => memory.copyLink() });
watchPictures({
  inputs: [byId("upload"), byId("camera")],
  dropZone: byId("drop"),
  examples: document.querySelectorAll("[data-example]"),
  take: takeOne,
  takeSeveral,
  takeText: (text) => {
    if (!memory.openText(text)) say("That is text, not a picture. Copy a picture of a number and paste that, or write here.");
  },
});
new KeyPen(board, { nib: byId("nib"), say: (text) => (byId("spoken").textContent = text) });
new ResizeObserver(showDigits).observe(paper);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", showDigits);
memory.begin();
showState();
document.documentElement.dataset.ready = "true"; // the page answers to the pen
