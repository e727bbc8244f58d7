// A demonstration that needs no action: a pen writes numbers on the empty board, and the page reads them. It ends for
// good at the first touch or key press. Its ink is never stored and never in a link.

import { Board } from "../common/board.js";
import { LatestRequest } from "../common/latest_request.js";
import { PEN_WIDTH } from "../common/strokes.js";
import { strokesOf } from "./ghost_numbers.js";
import { inkSource } from "./source.js";

const NUMBERS = ["7", "42", "506"]; // the last one stays
const FIRST_MS = 700; // from opening the page to the first stroke
const PACE = 1.05; // units per second
const BETWEEN_MS = 170; // between strokes
const SHOWN_MS = 2400; // how long a number stays
const NEVER_AGAIN = "inkling-has-written"; // in this tab

export class GhostPen {
  #board;
  #requests;
  #ended = false;
  #timer = null;
  #latest = null; // the latest reading
  #isWritten = false; // whether the number is complete

  // `canvas` covers the board, `nib` is the picture of the pen, and `note` is the sentence that explains the
  // demonstration. `read(source)` reads the board. `show(answer, isWritten)` shows a reading; `answer` is null for
  // none, and `isWritten` says whether the number is complete.
  constructor({ canvas, nib, note, read, show }) {
    Object.assign(this, { canvas, nib, note, read, show });
  }

  get isWriting() {
    return !this.canvas.hidden;
  }

  // The position on the paper of the image that is read, in the format of Board.frame.
  get frame() {
    return this.#board.frame;
  }

  // Starts writing, unless somebody has already touched the page in this tab.
  start() {
    if (hasWritten()) return this.end();
    this.canvas.hidden = false;
    this.#board = new Board(this.canvas, { changed: () => this.#inkChanged(), touched: () => {} });
    this.#requests = new LatestRequest({ shown: (answer) => this.#shown(answer), refused: () => {}, offline: () => {} });
    for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, () => this.end({ forGood: true }), { capture: true, once: true });
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) {
      this.#isWritten = true;
      this.#board.load(inked(strokesOf(NUMBERS.at(-1))));
    } else {
      this.#write();
    }
  }

  // `forGood`: the demonstration does not start again in this tab, because the user has touched the page.
  end({ forGood = false } = {}) {
    if (forGood) remember();
    this.note.hidden = true;
    if (this.#ended || !this.isWriting) return;
    this.#ended = true;
    clearTimeout(this.#timer);
    this.#requests.drop();
    this.canvas.hidden = this.nib.hidden = true;
    this.show(null);
  }

  #shown(answer) {
    this.#latest = answer;
    if (!this.#ended) this.show(answer, this.#isWritten);
  }

  #inkChanged() {
    if (this.#board.isEmpty) return;
    this.#requests.ask({ run: async () => this.read(inkSource(this.#board.pixels())) });
  }

  async #write() {
    await this.#pause(FIRST_MS);
    for (const number of NUMBERS) {
      if (this.#ended) return;
      this.#isWritten = false;
      this.#requests.drop();
      this.#board.load([]);
      this.#shown(null);
      for (const stroke of strokesOf(number)) {
        await this.#draw(stroke);
        await this.#pause(BETWEEN_MS);
      }
      if (this.#ended) return;
      this.nib.hidden = this.#isWritten = true;
      this.#shown(this.#latest);
      await this.#pause(SHOWN_MS);
    }
  }

  // Resolves when the stroke is drawn. Drawing pauses while the page is in the background, because animation frames do.
  #draw(stroke) {
    const points = inked([stroke])[0];
    return new Promise((done) => {
      let [drawn, last, due] = [0, 0, 0];
      const frame = (now) => {
        if (this.#ended) return done();
        due += last ? (Math.min(50, now - last) / 1000) * PACE : 0;
        last = now;
        if (drawn === 0) this.#board.begin(points[drawn++], { erasing: false });
        const from = drawn;
        while (drawn < points.length && due >= gap(points[drawn - 1], points[drawn])) {
          due -= gap(points[drawn - 1], points[drawn]);
          drawn++;
        }
        if (drawn > from) this.#board.extend(points.slice(from, drawn));
        this.#hold(points[drawn - 1]);
        if (drawn < points.length) return requestAnimationFrame(frame);
        this.#board.end();
        return done();
      };
      requestAnimationFrame(frame);
    });
  }

  // Moves the pen's tip to a point.
  #hold(point) {
    const { x, y } = this.#board.toPixels(point);
    this.nib.style.transform = `translate(${x}px, ${y}px)`;
    this.nib.hidden = false;
  }

  #pause(ms) {
    return new Promise((done) => (this.#timer = setTimeout(done, ms)));
  }
}

// Adds a line width that varies regularly, like that of a pen whose speed changes.
function inked(strokes) {
  return strokes.map((points) => points.map((point, i) => ({ ...point, width: PEN_WIDTH * (0.92 + 0.16 * Math.sin(i / 5)) })));
}

function gap(a, b) {
  return Math.hypot(a.x - b.x, a.y - b.y);
}

function hasWritten() {
  try {
    return sessionStorage.getItem(NEVER_AGAIN) !== null;
  } catch {
    return false; // storage is forbidden
  }
}

function remember() {
  try {
    sessionStorage.setItem(NEVER_AGAIN, "1");
  } catch {
    // storage is forbidden
  }
}
