// The strokes on the sheet, and every change to them, to be undone and done again.

const MOST = 2000; // changes that are remembered

export class History {
  strokes = [];
  #past = []; // {added: stroke} or {before, after}: lists of strokes
  #future = [];

  get canUndo() {
    return this.#past.length > 0;
  }

  get canRedo() {
    return this.#future.length > 0;
  }

  add(stroke) {
    this.strokes.push(stroke);
    this.#remember({ added: stroke });
  }

  // `before` is what was there, unless the strokes were replaced bit by bit since then.
  replace(strokes, before = this.strokes) {
    this.strokes = strokes;
    this.#remember({ before, after: strokes });
  }

  // Both return the strokes that came or went.
  undo() {
    const change = this.#past.pop();
    if (!change) return [];
    this.#future.push(change);
    if (change.added) return [this.strokes.pop()];
    this.strokes = change.before;
    return difference(change);
  }

  redo() {
    const change = this.#future.pop();
    if (!change) return [];
    this.#past.push(change);
    if (change.added) {
      this.strokes.push(change.added);
      return [change.added];
    }
    this.strokes = change.after;
    return difference(change);
  }

  // Starts anew with these strokes.
  reset(strokes) {
    this.strokes = strokes;
    this.#past = [];
    this.#future = [];
  }

  #remember(change) {
    this.#past.push(change);
    if (this.#past.length > MOST) this.#past.shift();
    this.#future = [];
  }
}

function difference({ before, after }) {
  const [old, recent] = [new Set(before), new Set(after)];
  return [...before.filter((stroke) => !recent.has(stroke)), ...after.filter((stroke) => !old.has(stroke))];
}
