// A collapsible section with a request of its own about the current image.

import { LatestRequest } from "../common/latest_request.js";
import { sentence } from "./page_text.js";

// The answer itself has priority: a panel asks when the ink rests, and at intervals while it changes.
const REST_MS = 120;
const MIN_INTERVAL_MS = 500;

export class Panel {
  #blob = null; // the current image
  #subject = null; // what it is an image of: the board, or one picture
  #asked = null; // the image of the latest request
  #requests;
  #resting = null;
  #askedAt = 0;

  // `run(blob)` asks, `show(answer)` shows; `status` is the element for errors of the service.
  constructor(details, { run, show, status }) {
    Object.assign(this, { details, run, status });
    this.#requests = new LatestRequest({
      shown: (answer) => {
        details.classList.remove("waiting");
        details.classList.toggle("empty", this.#blob === null);
        show(answer);
      },
      refused: (error) => {
        this.#wait();
        status.textContent = sentence(error.message);
      },
      offline: () => {}, // the page shows it already
    });
    details.addEventListener("toggle", () => this.#ask());
  }

  // Sets the current image; null for none. While the pen moves, what is shown stays until the next answer; with another
  // `subject` it is hidden at once, because it belongs to another picture; so it is while the panel is closed.
  setImage(blob, subject = null) {
    this.#blob = blob;
    clearTimeout(this.#resting);
    const isOther = subject !== this.#subject;
    this.#subject = subject;
    if (blob !== null) {
      if (isOther || !this.details.open) this.#wait();
      if (isOther || performance.now() - this.#askedAt > MIN_INTERVAL_MS) this.#ask();
      else this.#resting = setTimeout(() => this.#ask(), REST_MS);
      return;
    }
    this.#asked = null;
    this.#requests.drop();
    this.details.classList.remove("waiting");
    this.details.classList.add("empty");
  }

  // Repeats the request, because its parameters changed.
  again() {
    this.#asked = null;
    this.#ask();
  }

  // Hides what is shown, and keeps its height.
  #wait() {
    this.#requests.drop();
    this.details.classList.add("waiting");
    this.status.textContent = "";
  }

  #ask() {
    const blob = this.#blob;
    if (!this.details.open || blob === null || blob === this.#asked) return;
    this.#asked = blob;
    this.#askedAt = performance.now();
    this.#requests.ask({ run: () => this.run(blob) });
  }
}
