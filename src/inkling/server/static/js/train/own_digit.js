// The user's own digit during training: drawn on a small board, read by the network of each epoch.

import { Board } from "../common/board.js";
import { byId, write } from "../common/dom.js";
import { KeyboardPen } from "../common/keyboard_pen.js";
import { normalizedTile } from "../learn/drawing_transform.js";
import { drawChart } from "../learn/line_chart.js";
import { keepOwnDigit, ownDigit } from "../learn/own_strokes.js";
import { argmax, percent, responsiveCanvas } from "../learn/widgets.js";
import { postJson } from "./lab_client.js";

const SEND_MS = 300; // after the last stroke
const SHADES = ["blue", "ochre"]; // of the most probable digits at the end
const N_NAMED = 3; // digits with a name in the chart

export class OwnDigit {
  #n = ""; // the digit's name on the server
  #rows = []; // [[epoch, ten probabilities...]]
  #epochs = 1;
  #state = {}; // of the training
  #timer = null;
  #hint = byId("own-status").textContent;

  // `failed(error)` is called if the server refuses the digit.
  constructor({ failed }) {
    this.failed = failed;
    this.redraw = responsiveCanvas(byId("own-chart"), [2.6, 1.5], (context, width, height) => this.#draw(context, width, height));
    this.board = new Board(byId("own-board"), { touched: () => undefined, changed: () => this.board && this.#changed() });
    new KeyboardPen(this.board, { nib: byId("own-nib"), say: (text) => write(byId("own-spoken"), text) });
    byId("own-clear").addEventListener("click", () => this.board.clear());
    const strokes = ownDigit();
    if (strokes.length) this.board.load(strokes);
    byId("own-clear").disabled = this.board.isEmpty;
  }

  // Shows the state of the training.
  show(state) {
    this.#state = state;
    const { watched, epochs = 1, choices } = state;
    byId("own-hint").hidden = !this.board.isEmpty;
    this.#rows = this.#n && watched?.n === this.#n ? watched.rows : [];
    this.#epochs = Math.max(epochs, 1);
    this.redraw();
    write(byId("own-status"), this.board.isEmpty ? this.#hint : words(this.#rows, Boolean(choices)));
  }

  #changed() {
    byId("own-clear").disabled = this.board.isEmpty;
    clearTimeout(this.#timer);
    this.#n = ""; // the shown probabilities are those of another digit
    this.show(this.#state);
    if (this.board.isDrawing) return;
    keepOwnDigit(this.board.strokes);
    this.#timer = setTimeout(() => this.#send(), SEND_MS);
  }

  async #send() {
    const tile = this.board.isEmpty ? "" : base64(normalizedTile(this.board.strokes));
    try {
      this.#n = (await postJson("watched", { tile })).n;
      this.show(this.#state); // its event may have arrived before the answer
    } catch (error) {
      this.failed(error);
    }
  }

  #draw(context, width, height) {
    const last = this.#rows.at(-1)?.slice(1) ?? [];
    const order = [...last.keys()].sort((a, b) => last[b] - last[a]);
    const lines = [...Array(10).keys()].map((digit) => {
      const place = order.indexOf(digit);
      const points = this.#rows.map((row) => [row[0], row[1 + digit]]);
      return { points, shade: SHADES[place] ?? "quiet", thickness: place === 0 ? 3 : place === 1 ? 2 : 1, name: place >= 0 && place < N_NAMED ? String(digit) : "" };
    });
    drawChart(context, width, height, {
      lines,
      x: { from: 0, to: this.#epochs, ticks: [0, this.#epochs] },
      y: { from: 0, to: 1, ticks: [0, 0.5, 1], format: percent },
      xName: "epochs",
    });
  }
}

// "After epoch 5 the network reads 7, with 98 %. It read 3 before the training, 2 from epoch 1 on, 7 from epoch 2 on."
function words(rows, hasTraining) {
  if (!rows.length) return hasTraining ? "The network of each epoch reads your digit; wait a moment." : "Your digit is ready. Start a training, and the network of each epoch reads it.";
  const answers = rows.map(([epoch, ...probs]) => ({ epoch, best: argmax(probs), share: Math.max(...probs) }));
  const { epoch, best, share } = answers.at(-1);
  const since = (number) => (number === 0 ? "before the training" : `from epoch ${number} on`);
  const now = `${epoch === 0 ? "Before the training" : `After epoch ${epoch}`} the network reads ${best}, with ${percent(share)}.`;
  const changes = answers.filter((each, i) => i === 0 || each.best !== answers[i - 1].best);
  if (changes.length < 2) return answers.length < 2 ? now : `${now} It has always read ${best}.`;
  return `${now} It read ${changes.map((each) => `${each.best} ${since(each.epoch)}`).join(", ")}.`;
}

const base64 = (tile) => btoa(String.fromCharCode(...tile.map((ink) => Math.round(255 * ink))));
