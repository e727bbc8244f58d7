// Start, pause and begin again: what both trainings share.

const REST_MS = 30; // for the page to draw and to answer

// `round()` is done again and again until it answers false or the button is pressed; `changed(running)` follows each.
export class Stopwatch {
  #timer = null;

  constructor(button, { round, changed }) {
    Object.assign(this, { button, round, changed });
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
    if (!this.round()) return this.stop();
    this.#timer = setTimeout(() => this.#tick(), REST_MS);
    this.changed(true);
  }

  // What the button says.
  label({ begun, done }) {
    this.button.textContent = this.running ? "Pause" : done ? "Done" : begun ? "Go on" : "Start";
    this.button.disabled = !this.running && done;
  }
}
