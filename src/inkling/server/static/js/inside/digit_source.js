// The digit on the page: a drawing, read as on the Draw page, or one of the 1,000 test digits.

import { Board } from "../common/board.js";
import { saveDrawing, savedDrawing } from "../common/drawing.js";
import { howSure, percent } from "../common/how_sure.js";
import { LatestRequest } from "../common/latest_request.js";
import { byId, write } from "../common/dom.js";
import { DigitButtons } from "./digit_buttons.js";
import { readInk } from "./reading.js";

const SIZE = 784;
const KEEP_MS = 300;

export class DigitSource {
  index = null; // of the test digit; null for the drawing
  tile = null; // 784 values, 0 paper to 1 ink; null if there is nothing to show
  row = null; // the reading of a row that was read as a whole
  isSet = false; // false until something is shown
  #entries = []; // of the drawing: {tile, said, looks, none: the probability of being no digit}
  #chosen = 0; // index of the entry
  #look = 0; // index of its view
  #isLoading = false; // while strokes are loaded

  // `changed()` is called when what is shown changes; `model()` names the network to read with.
  constructor({ digits, changed, model }) {
    this.digits = digits; // a promise
    this.changed = changed;
    this.requests = new LatestRequest({
      shown: (answer) => this.#read(answer),
      refused: (error) => this.say(error.message),
      offline: (isOffline) => (byId("offline").hidden = !isOffline),
    });
    this.model = model;
    this.board = new Board(byId("board"), { changed: () => this.#drawn(), touched: () => {} });
    this.entryButtons = new DigitButtons(byId("digit-buttons"), { choose: (i) => this.#choose(i, 0), nameOf: (i) => `Digit ${i + 1}` });
    this.lookButtons = new DigitButtons(byId("look-buttons"), { choose: (i) => this.#choose(this.#chosen, i), nameOf: nameOfLook });
    byId("undo").addEventListener("click", () => this.board.undo());
    byId("clear").addEventListener("click", () => this.board.clear());
    byId("digit-before").addEventListener("click", () => this.step(-1));
    byId("digit-after").addEventListener("click", () => this.step(1));
    byId("digit").addEventListener("change", () => this.open(Number(byId("digit").value) - 1));
    byId("show-digit").addEventListener("click", () => this.open(Number(byId("digit").value) - 1));
  }

  get isDigit() {
    return this.index !== null;
  }

  // The Draw page's reading of this digit: {answer, sure}; null for a test digit, which has no reading.
  get said() {
    return this.#entries[this.#chosen]?.said ?? null;
  }

  // The views of the digit, whose probabilities were averaged: [{tile, probs}]; at most one if nothing was averaged.
  get looks() {
    return this.#entries[this.#chosen]?.looks ?? [];
  }

  say(text) {
    write(byId("message"), text);
  }

  load(strokes) {
    this.#isLoading = true;
    this.board.load(strokes);
    this.#isLoading = false;
    if (strokes.length > 0) this.#drawn();
  }

  step(by) {
    this.open(this.isDigit ? this.index + by : Number(byId("digit").value) - 1);
  }

  // Shows a test digit, counted from 0; an index out of range wraps around.
  async open(index) {
    const { images, labels } = await this.digits;
    this.index = Number.isInteger(index) ? ((index % labels.length) + labels.length) % labels.length : 0;
    this.requests.drop();
    this.say("");
    byId("digit").value = this.index + 1;
    const bytes = images.subarray(SIZE * this.index, SIZE * (this.index + 1));
    this.label = labels[this.index];
    this.#entries = [];
    this.#show(Float32Array.from(bytes, (ink) => ink / 255), `Test digit ${this.index + 1}: a ${this.label}.`);
  }

  // Reads the drawing again, because another network may read it differently.
  again() {
    if (!this.isDigit && !this.board.isEmpty) this.#ask();
  }

  #drawn() {
    byId("undo").disabled = !this.board.canUndo;
    byId("clear").disabled = this.board.isEmpty;
    byId("pad").classList.toggle("has-ink", !this.board.isEmpty);
    if (this.#isLoading) return;
    this.index = null;
    this.label = null;
    this.say("");
    clearTimeout(this.keeping);
    this.keeping = setTimeout(() => saveDrawing({ strokes: this.board.strokes, model: savedDrawing()?.model ?? "" }), KEEP_MS);
    if (this.board.isEmpty) {
      this.requests.drop();
      this.#entries = [];
      this.#show(null, "Nothing is drawn.");
    } else {
      this.#ask();
    }
  }

  #ask() {
    const { canvas } = this.board.sent;
    const network = this.model();
    const run = async () => {
      const reading = await readInk(canvas, { network });
      const isRow = [...reading.digits, ...reading.others].some(({ tile }) => tile && tile.length ** 2 !== SIZE);
      // The single-digit network also reads a single digit that was read as a row.
      const alone = isRow && reading.digits.length === 1 ? await readInk(canvas, { network, mode: "single" }) : null;
      return { reading, row: isRow ? { reading, canvas } : null, shown: alone ?? reading };
    };
    this.requests.ask({ run });
  }

  #read({ reading, row, shown }) {
    this.row = row;
    const found = [...shown.digits, ...shown.others].filter(({ tile }) => tile?.length ** 2 === SIZE);
    if (found.length !== this.#entries.length) this.#chosen = Math.max(0, found.length - 1);
    const isAlone = found.length === 1;
    this.#entries = found.map((entry) => ({
      tile: floats(entry.tile),
      said: isAlone ? saidOf(reading) : { answer: entry.kind ? "none" : String(entry.digit), sure: percent(entry.confidence) },
      looks: entry.looks ?? [],
      none: entry.not_digit ?? 0,
    }));
    const n = reading.digits.length;
    const rowText = `Your drawing: a row of ${n === 1 ? "one digit" : `${n} digits`}.`;
    if (row) this.#show(this.#entries[this.#chosen]?.tile ?? null, rowText, row);
    else if (found.length === 0) this.#show(null, "No digit was found in this drawing.");
    else this.#choose(this.#chosen, 0);
  }

  // Shows one digit of the drawing, in one of its views.
  #choose(entry, look) {
    [this.#chosen, this.#look] = [entry, look];
    const { tile, looks } = this.#entries[entry];
    const n = this.#entries.length;
    const text = n > 1 ? `Digit ${entry + 1} of the ${n} you wrote.` : "Your drawing.";
    this.#show(look > 0 ? looks[look].tile : tile, text, this.row && n === 1 ? this.row : null);
  }

  #show(tile, text, row = null) {
    this.tile = tile;
    this.row = row;
    this.isSet = true;
    write(byId("shown"), text);
    byId("pad").classList.toggle("aside", this.isDigit);
    this.entryButtons.show(this.#entries.map((entry) => entry.tile), this.#chosen);
    this.#showLooks();
    this.changed();
  }

  #showLooks() {
    const { looks } = this;
    byId("looks").hidden = looks.length < 2;
    if (looks.length < 2) return;
    const answers = looks.map(({ probs }) => {
      const best = probs.indexOf(Math.max(...probs));
      return `${best}, ${percent(probs[best])}`;
    });
    this.lookButtons.show(looks.map(({ tile }) => tile), this.#look, answers);
    const mean = Array.from({ length: 10 }, (_, k) => looks.reduce((sum, { probs }) => sum + probs[k], 0) / looks.length);
    const best = mean.indexOf(Math.max(...mean));
    const isDigit = percent(1 - this.#entries[this.#chosen].none);
    write(byId("looks-mean"), `Averaged over the ${looks.length} views: ${best}, ${percent(mean[best])}, if it is a digit, which is ${isDigit} probable.`);
  }
}

function nameOfLook(i) {
  return i === 0 ? "Original" : `View ${i + 1}, narrower`;
}

function saidOf(reading) {
  const isRead = reading.outcome === "read";
  return { answer: reading.outcome === "not_digit" ? "none" : reading.text, sure: isRead ? percent(reading.confidence) : howSure(reading) };
}

function floats(tile) {
  return Float32Array.from(tile.flat(), (ink) => ink / 255);
}
