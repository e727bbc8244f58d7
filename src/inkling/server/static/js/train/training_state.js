// The state of the training, updated by events.

const MOST_POINTS = 600;
const BUSY = ["starting", "running", "paused", "saving"];

export class TrainingState {
  state = { state: "none", run: "", rows: [], curve: [], kept_as: [] };

  get isBusy() {
    return BUSY.includes(this.state.state);
  }

  // Progress in epochs.
  get done() {
    const { step, steps_of_epoch: n, epoch } = this.state;
    return n ? Math.max(step / n, epoch) : 0;
  }

  // Takes an event with its id, RUN:OFFSET, or the whole state. The whole state may arrive before or after events that
  // it includes, so older data is ignored.
  take(kind, data, id = "") {
    if (kind === "all") {
      if (data.run === this.state.run && (data.last ?? 0) < (this.state.last ?? 0)) this.state.kept_as = data.kept_as;
      else this.state = { rows: [], curve: [], kept_as: [], ...data };
      return;
    }
    const [run, offset] = id.split(":");
    if (run !== this.state.run || Number(offset) <= this.state.last) return;
    this.state.last = Number(offset);
    if (kind === "state") {
      const { type, ...facts } = data;
      Object.assign(this.state, facts);
      if (facts.rows) this.state.curve = this.state.curve.filter(([epochs]) => epochs <= facts.epoch);
      if (facts.bundle) this.state.kept_as = [];
    }
    if (kind === "step") this.#point(data);
    if (kind === "epoch") {
      this.state.rows.push(data);
      this.state.epoch = data.epoch;
    }
    if (kind === "snapshot") this.state.snapshot = data.n;
    if (kind === "watched") this.#watch(data);
  }

  // Adds epochs of the watched digit, or replaces them with those of another digit.
  #watch({ n, rows }) {
    const before = this.state.watched?.n === n ? this.state.watched.rows : [];
    this.state.watched = { n, rows: [...before, ...rows] };
  }

  #point({ step, epochs, loss, accuracy }) {
    const { curve } = this.state;
    this.state.step = step;
    curve.push([epochs, loss, accuracy]);
    if (curve.length > MOST_POINTS) this.state.curve = curve.filter((_, i) => i % 2 === 0 || i === curve.length - 1);
  }
}
