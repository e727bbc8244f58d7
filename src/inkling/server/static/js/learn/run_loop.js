// The start and pause button of a training loop.

const REST_MS = 30; // for the page to draw and to respond

// Calls `epoch()` until it returns false or the button is pressed, and `changed(running)` after each call.
export class RunLoop {
  #timer = null;

  constructor(button, { epoch, changed }) {
    Object.assign(this, { button, epoch, changed });
    button.addEventListener("click", () => (this.running ? this.stop() : this.start()));
  }

  get running() {
    return this.#timer !== null;
  }

  start() {
    this.#timer = setTimeout(() => this.#tick(), 0);
    this.changed(true);
  }

  stop() {
    clearTimeout(this.#timer);
    this.#timer = null;
    this.changed(false);
  }

  #tick() {
    if (!this.epoch()) return this.stop();
    this.#timer = setTimeout(() => this.#tick(), REST_MS);
    this.changed(true);
  }

  // Sets the button's label.
  label({ begun, done }) {
    this.button.textContent = this.running ? "Pause" : done ? "Done" : begun ? "Resume" : "Start";
    this.button.disabled = !this.running && done;
  }
}
