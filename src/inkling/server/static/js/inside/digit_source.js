// What is shown: a drawing, which the server's pipeline turns into tiles or reads as a row, or one of the thousand test
// digits.

import { Board } from "../common/board.js";
import { read } from "../common/api_client.js";
import { savedDrawing, saveDrawing } from "../common/drawing.js";
import { LatestRequest } from "../common/latest_request.js";
import { byId, make, press, write } from "../common/dom.js";
import { drawInk } from "../common/pixel_maps.js";

const SIZE = 784;
const KEEP_MS = 300;

export class DigitSource {
  index = null; // of the test digit; null for the drawing
  tile = new Float32Array(SIZE);
  row = null; // the drawing as a Blob, where it was read as a row and has no tiles
  isSet = false; // false until the first tile is shown
  #tiles = []; // of the drawing
  #chosen = 0;
  #isLoading = false; // while strokes are loaded

  // `changed()` is called when the tile changes; `model()` names the network to read with.
  constructor({ digits, changed, model }) {
    this.digits = digits; // a promise of them
    this.changed = changed;
    this.requests = new LatestRequest({
      shown: (answer) => this.#read(answer),
      refused: (error) => this.say(error.message),
      offline: (isOffline) => (byId("offline").hidden = !isOffline),
    });
    this.model = model;
    this.board = new Board(byId("board"), { changed: () => this.#drawn(), touched: () => {} });
    byId("undo").addEventListener("click", () => this.board.undo());
    byId("clear").addEventListener("click", () => this.board.clear());
    byId("digit-before").addEventListener("click", () => this.step(-1));
    byId("digit-after").addEventListener("click", () => this.step(1));
    byId("digit").addEventListener("change", () => this.open(Number(byId("digit").value) - 1));
  }

  get isDigit() {
    return this.index !== null;
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
    this.#tiles = [];
    this.#show(Float32Array.from(bytes, (ink) => ink / 255), `Test digit ${this.index + 1}: a ${this.label}.`);
  }

  // Reads the drawing again, because another network may segment it differently.
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
      this.#tiles = [];
      this.#show(new Float32Array(SIZE), "An empty board: without ink only the biases count.");
    } else {
      this.#ask();
    }
  }

  #ask() {
    const run = async () => {
      const { blob } = await this.board.snapshot();
      return { ...(await read(blob, { model: this.model() })), blob };
    };
    this.requests.ask({ run });
  }

  #read({ digits, others, blob }) {
    const found = [...digits, ...others].filter(({ tile }) => tile);
    if (found.some(({ tile }) => tile.length * tile.length !== SIZE)) {
      this.#tiles = [];
      this.#show(new Float32Array(SIZE), `Your drawing, a row of ${digits.length === 1 ? "one digit" : `${digits.length} digits`}.`, blob);
      return;
    }
    if (found.length !== this.#tiles.length) this.#chosen = Math.max(0, found.length - 1);
    this.#tiles = found.map(({ tile }) => Float32Array.from(tile.flat(), (ink) => ink / 255));
    const which = found.length > 1 ? `Digit ${this.#chosen + 1} of the ${found.length} you wrote.` : "Your drawing.";
    if (found.length === 0) this.#show(new Float32Array(SIZE), "No digit was found in this drawing.");
    else this.#show(this.#tiles[this.#chosen], which);
  }

  #show(tile, text, row = null) {
    this.tile = tile;
    this.row = row;
    this.isSet = true;
    write(byId("shown"), text);
    byId("pad").classList.toggle("aside", this.isDigit);
    this.#showDigitButtons();
    this.changed();
  }

  // One button for each digit of a longer number.
  #showDigitButtons() {
    const holder = byId("digit-buttons");
    holder.hidden = this.#tiles.length < 2;
    if (holder.hidden) return;
    if (holder.children.length !== this.#tiles.length) {
      holder.replaceChildren(
        ...this.#tiles.map((_, i) => {
          const button = make("button", { type: "button" }, make("canvas", { className: "tile" }));
          button.setAttribute("aria-label", `Digit ${i + 1}`);
          button.addEventListener("click", () => {
            this.#chosen = i;
            this.#show(this.#tiles[i], `Digit ${i + 1} of the ${this.#tiles.length} you wrote.`);
          });
          return button;
        }),
      );
    }
    press([...holder.children], this.#chosen);
    this.#tiles.forEach((tile, i) => drawInk(holder.children[i].firstChild, tile));
  }
}
