// A part of the page that can be opened and that asks about the same picture as the answer, in its own time.

import { Live } from "../common/live.js";
import { sentence } from "./words.js";

// The answer itself comes first: a panel asks when the ink rests, and now and then while it moves.
const REST_MS = 120;
const SELDOM_MS = 500;

export class Panel {
  #blob = null; // the picture that is being looked at
  #asked = null; // the one that was asked about
  #live;
  #resting = null;
  #askedAt = 0;

  // `run(blob)` asks, `show(answer)` shows; `said` is the element for a sentence when the service refuses.
  constructor(details, { run, show, said }) {
    Object.assign(this, { details, run });
    this.#live = new Live({
      shown: (answer) => {
        details.classList.toggle("empty", this.#blob === null);
        show(answer);
      },
      refused: (error) => (said.textContent = sentence(error.message)),
      away: () => {}, // the page says so already
    });
    details.addEventListener("toggle", () => this.#ask());
  }

  // The picture has changed; null for none.
  look(blob) {
    this.#blob = blob;
    clearTimeout(this.#resting);
    if (blob !== null) {
      if (performance.now() - this.#askedAt > SELDOM_MS) this.#ask();
      else this.#resting = setTimeout(() => this.#ask(), REST_MS);
      return;
    }
    this.#asked = null;
    this.#live.drop();
    this.details.classList.add("empty");
  }

  // The question has changed, or the network.
  again() {
    this.#asked = null;
    this.#ask();
  }

  #ask() {
    const blob = this.#blob;
    if (!this.details.open || blob === null || blob === this.#asked) return;
    this.#asked = blob;
    this.#askedAt = performance.now();
    this.#live.ask({ run: () => this.run(blob) });
  }
}
