// Tracks whether the ink rests, because remarks about an unfinished number only distract.

export const REST_MS = 400; // from lifting the pen to the first remark

export class Rest {
  isResting = true;
  #timer = null;

  // `rested()` is called when the ink has come to rest.
  constructor({ rested }) {
    this.rested = rested;
  }

  // Call after each change of the ink; `isDrawing`: the pen is still down.
  changed({ isDrawing }) {
    this.isResting = false;
    clearTimeout(this.#timer);
    if (!isDrawing) this.#timer = setTimeout(() => this.#rest(), REST_MS);
  }

  #rest() {
    this.isResting = true;
    this.rested();
  }
}
