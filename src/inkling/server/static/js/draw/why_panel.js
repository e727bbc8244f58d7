// "Why 7, and not 1?": a button beside the answer, and a panel that explains the digit that is selected: by its ink, or in
// a row by the columns that say it.

import { rivalOf } from "../common/rival.js";
import { byId } from "./page_text.js";

const SIDE = 28; // pixels of a classifier's tile; a digit of a row has another one
const [button, panel, glyphHolder, rowHolder] = ["why", "why-panel", "why-view", "row-why-view"].map(byId);

export class WhyPanel {
  #asked = null; // what WhyView shows
  #row = null; // what RowWhyView shows: {row, at}
  #views = null; // promise of [WhyView, RowWhyView], which load when the panel first opens

  // `engine()` gives a promise of the engine, null where networks cannot run in this page.
  constructor({ engine }) {
    this.engine = async () => (await engine()) ?? Promise.reject(new Error("networks cannot run in this browser. Use a newer one."));
    button.addEventListener("click", () => this.#open());
    byId("why-close").addEventListener("click", () => panel.hidePopover());
    panel.addEventListener("keydown", (event) => event.stopPropagation()); // the page's own keys stay away
    panel.addEventListener("toggle", (event) => event.newState === "closed" && this.#views?.then(([view]) => view.stop()));
  }

  // What can be explained: the digit at `selected` of a reading; null for nothing.
  set(reading, selected) {
    const digit = reading?.digits[selected] ?? null;
    this.#asked = digit?.tile?.length === SIDE ? glyphOf(digit, reading.model.name) : null;
    this.#row = digit && !this.#asked ? placeInRows(reading.rows ?? [], selected) : null;
    button.disabled = !this.#asked && !this.#row;
    button.textContent = button.disabled ? "Why this answer?" : `Why ${digit.digit}, and not ${rivalOf(digit.probs, digit.digit)}?`;
    if (panel.matches(":popover-open")) this.#show();
  }

  #open() {
    panel.showPopover();
    this.#show();
    panel.focus();
  }

  async #show() {
    if (button.disabled) return panel.hidePopover();
    this.#views ??= this.#load();
    const [view, rowView] = await this.#views;
    if (button.disabled || !panel.matches(":popover-open")) return undefined; // meanwhile
    glyphHolder.hidden = !this.#asked;
    rowHolder.hidden = !this.#row;
    return this.#asked ? view.show(this.#asked) : rowView.show(this.#row.row, this.#row.at);
  }

  async #load() {
    const [{ WhyView }, { RowWhyView }] = await Promise.all([import("../common/why_view.js"), import("../common/row_why_view.js")]);
    return [new WhyView(glyphHolder, { engine: this.engine, level: 2 }), new RowWhyView(rowHolder, { level: 2 })];
  }
}

function glyphOf({ tile, probs, digit, looks }, network) {
  return { tile: Float32Array.from(tile.flat(), (ink) => ink / 255), network, probs, digit, looks: looks?.length };
}

// Where the n-th digit of a reading stands: {row, at}, its row (engine/rows/alignment.js) and which of its symbols it is.
function placeInRows(rows, n) {
  const places = rows.flatMap((row) => row.symbols.flatMap(({ name }, at) => (/^\d$/.test(name) ? [{ row, at }] : [])));
  return places[n] ?? null;
}
