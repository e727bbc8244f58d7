// Drawing by keyboard: arrows move the pen, Space puts it down and lifts it.

import { ERASER_WIDTH } from "./board.js";

const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const [STEP, LEAP, NUDGE] = [0.02, 0.1, 0.005]; // units
const ANNOUNCE_MS = 500; // the pen must rest this long before its position is announced

export class KeyboardPen {
  #at = { x: 0, y: 0 }; // units
  #held = new Set(); // pressed arrow keys: two together move diagonally
  #down = false;
  #announcing = null;

  // `nib` is the mark at the pen's position; `say(text)` announces a text to screen readers.
  constructor(board, { nib, say }) {
    Object.assign(this, { board, nib, say });
    const { canvas } = board;
    canvas.addEventListener("keydown", (event) => this.#key(event));
    canvas.addEventListener("keyup", (event) => this.#held.delete(event.key));
    canvas.addEventListener("focus", () => canvas.matches(":focus-visible") && this.#show());
    canvas.addEventListener("blur", () => this.#leave());
    canvas.addEventListener("pointerdown", () => this.#leave());
    if (matchMedia("(hover: none)").matches) focusableOnceTabIsPressed(canvas);
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey) return; // undo and redo, which the toolbar handles
    if (event.key in MOVES) {
      this.#held.add(event.key);
      this.#move(event.shiftKey ? LEAP : event.altKey ? NUDGE : STEP);
    } else if (event.key === " " && !event.repeat) {
      this.#toggle();
    } else if (event.key === "Home") {
      this.#go({ x: 0, y: 0 });
    } else if (event.key === "Escape" && this.#down) {
      this.#toggle();
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  #move(step) {
    let { x, y } = this.#at;
    for (const key of this.#held) {
      x += MOVES[key][0] * step;
      y += MOVES[key][1] * step;
    }
    this.#go({ x, y });
  }

  #go({ x, y }) {
    const { clientWidth, clientHeight } = this.board.canvas;
    const { x: right, y: bottom } = this.board.toUnits(clientWidth, clientHeight);
    this.#at = { x: Math.min(right, Math.max(-right, x)), y: Math.min(bottom, Math.max(-bottom, y)) };
    if (this.#down && !this.board.isDrawing) this.#down = false; // undone in the meantime
    if (this.#down) this.board.extend([this.#point()]);
    this.#show();
    clearTimeout(this.#announcing);
    this.#announcing = setTimeout(() => this.say(this.#where()), ANNOUNCE_MS);
  }

  #toggle() {
    const eraser = this.board.tool === "eraser";
    clearTimeout(this.#announcing);
    if (this.#down) {
      this.#down = false;
      this.board.end();
      this.say(eraser ? "Eraser lifted." : "Pen lifted.");
    } else {
      this.board.begin(this.#point());
      this.#down = true;
      this.say(`${eraser ? "Eraser" : "Pen"} down, ${this.#where()}`);
    }
    this.#show();
  }

  #point() {
    return { ...this.#at, width: this.board.penWidth };
  }

  #where() {
    const { clientWidth, clientHeight } = this.board.canvas;
    const { x, y } = this.board.toPixels(this.#at);
    const part = (value, whole) => `${Math.round((100 * value) / whole)} %`;
    return `${part(x, clientWidth)} from the left, ${part(y, clientHeight)} from the top.`;
  }

  #show() {
    const { x, y, scale } = this.board.toPixels(this.#at);
    const width = Math.max(12, scale * (this.board.tool === "eraser" ? ERASER_WIDTH : this.board.penWidth));
    Object.assign(this.nib.style, { left: `${x}px`, top: `${y}px`, width: `${width}px`, height: `${width}px` });
    this.nib.classList.toggle("down", this.#down);
    this.nib.hidden = false;
  }

  #leave() {
    clearTimeout(this.#announcing);
    this.#held.clear();
    if (this.#down && this.board.isDrawing) this.board.end();
    this.#down = false;
    this.nib.hidden = true;
  }
}

// Chromium sends a touch near a focusable element to that element, so a finger beside the board would not scroll the
// page. On a touch screen, the board becomes focusable only when Tab is pressed.
function focusableOnceTabIsPressed(canvas) {
  canvas.removeAttribute("tabindex");
  addEventListener("keydown", ({ key }) => key === "Tab" && (canvas.tabIndex = 0), { capture: true });
}
