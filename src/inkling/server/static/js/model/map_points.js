// The points of the map in units 0 to 1000, and nearest-point queries. Independent of the DOM.

export const SIDE = 1000;

export class MapPoints {
  // `map` comes from a report: lists x, y, label, read, confidence, near, index.
  constructor(map) {
    Object.assign(this, map);
    this.size = map.x.length;
    this.every = [...map.x.keys()];
    this.shown = this.every;
    this.mistakes = this.every.filter((i) => this.wrong(i));
  }

  wrong(i) {
    return this.label[i] !== this.read[i];
  }

  // Filters the points: "" for all, "wrong" for mistakes, or a label.
  filter(only) {
    if (only === "") this.shown = this.every;
    else if (only === "wrong") this.shown = this.mistakes;
    else this.shown = this.every.filter((i) => this.label[i] === Number(only));
  }

  // The nearest visible digit within `reach`; -1 for none.
  at(x, y, reach) {
    let [best, least] = [-1, reach ** 2];
    for (const i of this.shown) {
      const far = (this.x[i] - x) ** 2 + (this.y[i] - y) ** 2;
      if (far <= least) [best, least] = [i, far];
    }
    return best;
  }

  // The visible digit that an arrow key selects from digit `from`: near, and more ahead than sideways; -1 for none.
  towards(from, [right, down]) {
    let [best, least] = [-1, Infinity];
    for (const i of this.shown) {
      const [dx, dy] = [this.x[i] - this.x[from], this.y[i] - this.y[from]];
      const ahead = dx * right + dy * down;
      const aside = Math.abs(dx * down) + Math.abs(dy * right);
      if (ahead <= 0 || aside > ahead) continue;
      const far = ahead ** 2 + 4 * aside ** 2;
      if (far < least) [best, least] = [i, far];
    }
    return best;
  }

  // The next (1) or previous (-1) mistake in the order of the test set, cyclic; -1 for none.
  mistake(from, step) {
    const n = this.mistakes.length;
    if (!n) return -1;
    const after = this.mistakes.findIndex((i) => i > from);
    const before = this.mistakes.findLastIndex((i) => i < from);
    return this.mistakes[(step > 0 ? (after < 0 ? 0 : after) : before < 0 ? n - 1 : before) % n];
  }
}
