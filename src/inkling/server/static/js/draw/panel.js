// A collapsible section that sends its own request about the current image.

import { LatestRequest } from "../common/latest_request.js";
import { sentence } from "./page_text.js";

export class Panel {
  #source = null; // the current image
  #subject = null; // the board or the picture that the current image shows
  #asked = null; // the image of the latest request
  #requests;

  // `run(source)` sends the request, `show(answer)` shows its answer; `status` is the element for the service's errors.
  constructor(details, { run, show, status }) {
    Object.assign(this, { details, run, status });
    this.#requests = new LatestRequest({
      shown: (answer) => {
        details.classList.remove("waiting");
        details.classList.toggle("empty", this.#source === null);
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

  // Sets the image (source.js) when the pen rests; null for none. The shown answer stays until the next answer, but is
  // hidden immediately if `subject` has changed or the panel is closed.
  setImage(source, subject = null) {
    this.#source = source;
    const isOther = subject !== this.#subject;
    this.#subject = subject;
    if (source !== null) {
      if (isOther || !this.details.open) this.#wait();
      this.#ask();
      return;
    }
    this.#asked = null;
    this.#requests.drop();
    this.details.classList.remove("waiting");
    this.details.classList.add("empty");
  }

  // Repeats the request because its parameters changed.
  again() {
    this.#asked = null;
    this.#ask();
  }

  // Hides the answer but keeps its height.
  #wait() {
    this.#requests.drop();
    this.details.classList.add("waiting");
    this.status.textContent = "";
  }

  #ask() {
    const source = this.#source;
    if (!this.details.open || source === null || source === this.#asked) return;
    this.#asked = source;
    this.#requests.ask({ run: () => this.run(source) });
  }
}
