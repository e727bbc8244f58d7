// A binary heap of items { prob, .. }: the most probable comes first; among equally probable ones, the first pushed.

export class Heap {
  #items = [];
  #pushed = 0;

  get size() {
    return this.#items.length;
  }

  // All items, in no particular order.
  items() {
    return this.#items.map(({ item }) => item);
  }

  push(item) {
    const items = this.#items;
    let at = items.push({ item, number: this.#pushed++ }) - 1;
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (!isBefore(items[at], items[above])) break;
      [items[at], items[above]] = [items[above], items[at]];
      at = above;
    }
  }

  pop() {
    const items = this.#items;
    const [{ item }] = items;
    const last = items.pop();
    if (items.length) {
      items[0] = last;
      for (let at = 0; ; ) {
        let first = at;
        for (const below of [2 * at + 1, 2 * at + 2]) {
          if (below < items.length && isBefore(items[below], items[first])) first = below;
        }
        if (first === at) break;
        [items[at], items[first]] = [items[first], items[at]];
        at = first;
      }
    }
    return item;
  }
}

function isBefore(a, b) {
  return a.item.prob > b.item.prob || (a.item.prob === b.item.prob && a.number < b.number);
}
