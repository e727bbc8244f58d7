// Step 1: prompts for a digit and stores the drawing as a lesson.

import { Board } from "../common/board.js";
import { byId, make, press } from "../common/dom.js";
import { deleteLesson, keepLessons, NONE, readDigit, sentenceOf } from "../common/hands_client.js";
import { KeyboardPen } from "../common/keyboard_pen.js";

const EACH = 5; // lessons of each digit to start with
const DIGITS = [..."0123456789"];
const session = `Teach page, ${new Date().toISOString().slice(0, 16).replace("T", " ")} UTC`;
const [undo, clear, skip, next] = ["undo", "clear", "skip", "next"].map(byId);

export class Collect {
  #wanted = "0";
  #chosen = false; // by the visitor, who may draw it several times
  #counts = {}; // lessons by digit
  #last = null; // the lesson that can be undone
  #busy = false;

  // `chooser` is the HandChooser; `added(hand, lessons)` and `removed(ids)` are called when lessons were stored or
  // removed, `inked(board)` at each change of the ink, and `say(sentence)` with an error message.
  constructor({ chooser, added, removed, inked, say }) {
    Object.assign(this, { chooser, added, removed, inked, say });
    this.board = new Board(byId("board"), { changed: () => this.#inkChanged(), touched: () => this.say("") });
    new KeyboardPen(this.board, { nib: byId("nib"), say: (text) => (byId("spoken").textContent = text) });
    this.board.canvas.addEventListener("keydown", (event) => event.key === "Enter" && this.#keep());
    undo.addEventListener("click", () => (this.board.canUndo ? this.board.undo() : this.#takeBack()));
    clear.addEventListener("click", () => this.board.clear());
    skip.addEventListener("click", () => this.#goOn({ leaves: true }));
    next.addEventListener("click", () => this.#keep());
    byId("progress").replaceChildren(...DIGITS.map((digit) => this.#progressButton(digit)));
  }

  // `counts`: lessons by digit.
  show(counts) {
    this.#counts = counts;
    const done = DIGITS.filter((digit) => this.#count(digit) >= EACH).length;
    [...byId("progress").children].forEach((button, i) => {
      const n = this.#count(DIGITS[i]);
      button.setAttribute("aria-label", `${DIGITS[i]}: ${n} kept. Draw it next`);
      [...button.lastChild.children].forEach((dot, j) => dot.classList.toggle("full", j < n));
    });
    byId("progress-words").textContent =
      done === DIGITS.length ? "You have five of each. More digits improve the result." : `${done} of 10 digits have five. Choose one to draw it next.`;
    this.#prompt();
  }

  // Starts with the first digit that has too few lessons.
  begin() {
    this.#last = null;
    this.#wanted = "9";
    this.#goOn({ leaves: true });
  }

  // Asks for a digit once more, for instance to see how it is read after teaching. Ink on the board stays.
  askAgain(digit) {
    if (!DIGITS.includes(digit)) return;
    this.#choose(digit);
  }

  #choose(digit) {
    this.#wanted = digit;
    this.#chosen = true;
    this.#prompt();
  }

  #count(digit) {
    return this.#counts[digit] ?? 0;
  }

  #progressButton(digit) {
    const dots = make("span", { className: "dots" }, ...Array.from({ length: EACH }, () => make("i")));
    const button = make("button", { type: "button" }, make("b", { textContent: digit }), dots);
    button.addEventListener("click", () => {
      this.#choose(digit);
      this.board.canvas.focus({ preventScroll: true });
    });
    return button;
  }

  // Stays on a digit that the visitor chose until it has five lessons. Otherwise, or with `leaves`, asks for the next
  // of the digits with the fewest lessons.
  #goOn({ leaves = false } = {}) {
    if (leaves || !this.#chosen || this.#count(this.#wanted) >= EACH) {
      const after = DIGITS.map((_, i) => DIGITS[(Number(this.#wanted) + 1 + i) % 10]);
      const fewest = Math.min(EACH, ...after.map((digit) => this.#count(digit)));
      this.#wanted = after.find((digit) => this.#count(digit) <= fewest) ?? after[0];
      this.#chosen = false;
    }
    this.board.load([]);
    this.#prompt();
  }

  #prompt() {
    const digit = this.#wanted;
    byId("prompt").replaceChildren("Write ", digit === "8" ? "an " : "a ", make("b", { textContent: digit }), make("span", { className: "quiet", textContent: ` · ${this.#count(digit)} kept` }));
    document.querySelector(".hint").textContent = `Write ${digit}`;
    this.board.canvas.setAttribute("aria-label", `Write the digit ${digit}`);
    press([...byId("progress").children], DIGITS.indexOf(digit));
    this.#updateTools();
  }

  #inkChanged() {
    byId("paper").classList.toggle("has-ink", !this.board.isEmpty);
    this.#updateTools();
    this.inked(this.board);
  }

  #updateTools() {
    const takesBack = !this.board.canUndo && this.#last !== null;
    undo.textContent = takesBack ? `Undo ${this.#last.label}` : "Undo";
    undo.disabled = this.#busy || (!this.board.canUndo && !takesBack);
    clear.disabled = next.disabled = this.#busy || this.board.isEmpty;
    skip.disabled = this.#busy;
    if (document.activeElement.disabled) this.board.canvas.focus({ preventScroll: true });
  }

  // Reads the whole drawing as one digit to get its box and current reading, and stores it with the prompted label.
  async #keep() {
    if (this.#busy || this.board.isEmpty) return;
    this.board.end();
    await this.#busily(async () => {
      const { blob } = await this.board.snapshot();
      const reading = await readDigit(blob, this.chooser.reads);
      const [digit, ink] = [reading.digits[0], reading.digits[0] ?? reading.others[0]];
      if (!ink) throw new NothingDrawn(reading.reason || "No ink was found. Write the digit larger.");
      const lessons = [{ box: ink.box, label: this.#wanted, said: digit ? String(digit.digit) : NONE }];
      const answer = await keepLessons(this.chooser.name, { blob, lessons, model: reading.model, source: "drawn on the Teach page", session });
      this.#last = answer.stored ? answer.lessons[0] : null;
      await this.added(answer.hand, answer.lessons);
      this.#goOn();
    });
    this.board.canvas.focus({ preventScroll: true });
  }

  async #takeBack() {
    await this.#busily(async () => {
      const { id, label } = this.#last;
      await deleteLesson(this.chooser.name, id);
      this.#last = null;
      this.#wanted = label;
      await this.removed([id]);
    });
    this.#prompt();
  }

  async #busily(work) {
    this.#busy = true;
    this.#updateTools();
    this.say("");
    try {
      await work();
    } catch (error) {
      this.say(error instanceof NothingDrawn ? error.message : sentenceOf(error));
    }
    this.#busy = false;
    this.#updateTools();
  }
}

class NothingDrawn extends Error {}
