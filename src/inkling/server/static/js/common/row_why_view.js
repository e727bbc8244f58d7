// Explains the reading of a row: its image as the line network sees it, the columns that give each symbol, and the
// probabilities of other symbols at its position. Needs css/why.css.

import { colours, whenColoursChange } from "./colours.js";
import { make, press, write } from "./dom.js";
import { percent } from "./how_sure.js";

const NARROW = 140; // pixels: narrower rows are drawn larger
const SCALES = { narrow: 7, wide: 4 }; // pixels of the canvas for each pixel of the row
const [CELL, GUTTER] = [20, 56]; // pixels of the canvas: height of a class in the map of columns, and room for its name
const CLASSES = 7; // most classes in the map of columns
const RIVALS = 3; // most rivals that the sentence names
const [DRAWN, NAMED] = [0.001, 0.005]; // the least share that is drawn, and that the sentence names
const NAMES = { ".": "point", ",": "comma", "-": "minus", "\u2212": "minus", "+": "plus", "/": "slash", ":": "colon", "%": "percent sign", "": "nothing" };

export class RowWhyView {
  #row = null;
  #at = 0; // the symbol that is explained

  constructor(holder, { level = 3 } = {}) {
    this.holder = holder;
    holder.classList.add("why-view", "row-why");
    this.title = make(`h${level}`, { className: "why-title", textContent: "Why this row?" });
    this.symbols = make("div", { className: "why-rivals why-symbols" });
    this.symbols.setAttribute("role", "group");
    this.symbols.setAttribute("aria-label", "Symbols of the row");
    this.canvas = make("canvas");
    this.canvas.setAttribute("role", "img");
    this.canvas.setAttribute("aria-label", "No explanation yet.");
    const scroll = make("div", { className: "why-scroll", tabIndex: 0 }, this.canvas);
    scroll.setAttribute("role", "region");
    scroll.setAttribute("aria-label", "The row and its columns");
    this.sentence = make("p", { className: "why-sentence" });
    this.sentence.setAttribute("role", "status");
    const method = "The row network sees the row as a strip and gives, for each column of 4 pixels, the symbol there, or nothing (CTC). The frame marks the columns of the chosen symbol; the darker a cell, the more probable. Values below 0.1 % are not drawn.";
    holder.replaceChildren(this.title, this.symbols, scroll, this.sentence, make("p", { className: "why-method", textContent: method }));
    whenColoursChange(() => this.#row && this.#paint());
  }

  // `row`: an entry of a reading's `rows` (engine/rows/alignment.js); `at`: the symbol to explain.
  show(row, at = 0) {
    this.#row = row;
    this.#at = Math.min(at, row.symbols.length - 1);
    this.symbols.replaceChildren(...row.symbols.map((symbol, i) => this.#button(symbol, i)));
    this.#choose(this.#at);
  }

  #button({ name, confidence }, i) {
    const button = make("button", { type: "button", textContent: name });
    button.setAttribute("aria-label", `${NAMES[name] ?? name}, ${percent(confidence)}`);
    button.addEventListener("click", () => this.#choose(i));
    return button;
  }

  #choose(at) {
    this.#at = at;
    press([...this.symbols.children], at);
    const { symbols, columns, classes } = this.#row;
    const symbol = symbols[at];
    if (!symbol) return;
    const [first, end] = symbol.columns;
    const rival = symbol.rivals[0];
    write(this.title, `Why ${symbol.name}, and not ${rival.name}?`);
    const peak = columns[symbol.peak * classes.length + classes.indexOf(symbol.name)];
    const which = end - first === 1 ? `Column ${end} gives` : `Columns ${first + 1} to ${end} give`;
    const rivals = symbol.rivals.filter(({ share }) => share >= NAMED).slice(0, RIVALS);
    const others = rivals.length ? `If the rest of the row stays the same, ${listed(rivals.map(({ name, share }) => `${name} has ${percent(share)}`))} in this place.` : "No other symbol is likely in this place.";
    write(this.sentence, `${which} ${symbol.name}, with up to ${percent(peak)}. ${others}`);
    this.canvas.setAttribute("aria-label", `The row, and the probability of each symbol in each of its ${columns.length / classes.length} columns. ${this.sentence.textContent}`);
    this.#paint();
  }

  // The classes to show, at most CLASSES: the chosen symbol, its rivals, the other symbols read, and "nothing" last.
  #shownClasses() {
    const { symbols, classes } = this.#row;
    const wanted = [symbols[this.#at].name, ...symbols[this.#at].rivals.slice(0, 3).map(({ name }) => name), ...symbols.map(({ name }) => name)];
    return [...[...new Set(wanted)].slice(0, CLASSES - 1), ""].map((name) => ({ name, number: classes.indexOf(name) }));
  }

  #paint() {
    const { image, column_px: step, columns, classes, symbols } = this.#row;
    const shown = this.#shownClasses();
    const scale = image.width < NARROW ? SCALES.narrow : SCALES.wide;
    const [width, height] = [image.width * scale, image.height * scale + 10 + shown.length * CELL];
    Object.assign(this.canvas, { width: width + GUTTER, height });
    this.canvas.style.width = `${width + GUTTER}px`;
    this.canvas.style.maxWidth = image.width < NARROW ? "100%" : "";
    const context = this.canvas.getContext("2d");
    const { paper, ink, text, blue, edge } = colours();
    context.fillStyle = paper;
    context.fillRect(0, 0, width + GUTTER, height);
    context.translate(GUTTER - 1, 0);
    context.fillStyle = ink;
    for (let i = 0; i < image.data.length; i++) {
      if (image.data[i] === 0) continue;
      context.globalAlpha = image.data[i] / 255;
      context.fillRect((i % image.width) * scale, Math.floor(i / image.width) * scale, scale, scale);
    }
    const top = image.height * scale + 10;
    const n = columns.length / classes.length;
    shown.forEach(({ name, number }, r) => {
      const y = top + r * CELL;
      for (let t = 0; t < n; t++) {
        const share = columns[t * classes.length + number];
        if (share < DRAWN) continue;
        context.globalAlpha = share ** 0.5;
        context.fillStyle = name === "" ? edge : blue;
        context.fillRect(t * step * scale + 1, y + 1, step * scale - 2, CELL - 2);
      }
      context.globalAlpha = 1;
      context.fillStyle = text;
      context.font = `${0.7 * CELL}px system-ui, sans-serif`;
      context.textAlign = "right";
      context.textBaseline = "middle";
      context.fillText(name === "" ? "none" : name, -6, y + CELL / 2);
    });
    const [first, end] = symbols[this.#at].columns;
    context.strokeStyle = text;
    context.lineWidth = 3;
    context.strokeRect(first * step * scale, 2, (end - first) * step * scale, height - 4);
  }
}

function listed(words) {
  return words.length > 1 ? `${words.slice(0, -1).join(", ")} and ${words.at(-1)}` : words[0];
}
