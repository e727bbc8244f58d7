// The strokes of a drawing, with undo and redo.

const MOST = 2000; // changes that can be undone

export class UndoHistory {
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
    this.#record({ added: stroke });
  }

  // `before`: the previous strokes; pass them if they were replaced step by step.
  replace(strokes, before = this.strokes) {
    this.strokes = strokes;
    this.#record({ before, after: strokes });
  }

  // `undo` and `redo` return the strokes that were added or removed.
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

  // Replaces the strokes and forgets all changes.
  reset(strokes) {
    this.strokes = strokes;
    this.#past = [];
    this.#future = [];
  }

  #record(change) {
    this.#past.push(change);
    if (this.#past.length > MOST) this.#past.shift();
    this.#future = [];
  }
}

function difference({ before, after }) {
  const [old, recent] = [new Set(before), new Set(after)];
  return [...before.filter((stroke) => !recent.has(stroke)), ...after.filter((stroke) => !old.has(stroke))];
}
