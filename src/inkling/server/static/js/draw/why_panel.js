// "Why 7, and not 1?": a button beside the answer, and a panel that explains the selected digit by its ink or, in a
// row, by its columns.

import { write } from "../common/dom.js";
import { rivalOf } from "../common/rival.js";
import { byId } from "./page_text.js";

const SIDE = 28; // pixels of a classifier's tile; digits of a row have other sizes
const LEAST_NAMED = 0.005; // probability: the button does not name a less probable digit
const [button, panel, glyphHolder, rowHolder, note] = ["why", "why-panel", "why-view", "row-why-view", "why-note"].map(byId);

export class WhyPanel {
  #asked = null; // the arguments of WhyView.show
  #row = null; // the arguments of RowWhyView.show: {row, at}
  #hand = null; // {name, version} of the hand that read: its network cannot be explained in this page
  #digits = null; // of the last reading
  #selected = 0;
  #rivals = new Map(); // the digits chosen for comparison, by the index of the explained digit in that reading
  #views = null; // promise of [WhyView, RowWhyView], which load when the panel first opens

  // `engine()` returns a promise of the engine, or of null if networks cannot run in this page.
  constructor({ engine }) {
    this.engine = async () => (await engine()) ?? Promise.reject(new Error("networks cannot run in this browser. Use a newer one."));
    button.addEventListener("click", () => this.#open());
    byId("why-close").addEventListener("click", () => panel.close());
    panel.addEventListener("keydown", (event) => event.stopPropagation()); // keeps the page's shortcuts out
    panel.addEventListener("close", () => this.#views?.then((views) => views?.[0].stop()));
  }

  // Sets the digit to explain: the one at `selected` of a reading; null for none.
  set(reading, selected) {
    const digit = reading?.digits[selected] ?? null;
    this.#asked = digit?.tile?.length === SIDE ? glyphOf(digit, reading.model.name) : null;
    this.#row = digit && !this.#asked ? placeInRows(reading.rows ?? [], selected) : null;
    this.#hand = reading?.hand?.version ? reading.hand : null;
    button.disabled = !this.#asked && !this.#row;
    if (reading && reading.digits !== this.#digits) this.#rivals = new Map();
    this.#digits = reading?.digits ?? this.#digits;
    this.#selected = selected;
    button.textContent = button.disabled ? "Why this answer?" : this.#question(digit);
    if (panel.open) this.#show();
  }

  // The digits chosen for comparison in a reading, by the index of the explained digit: a Map.
  rivalsIn(reading) {
    return reading.digits === this.#digits ? this.#rivals : new Map();
  }

  #question({ digit, probs }) {
    const second = rivalOf(probs, digit);
    const rival = this.#rivals.get(this.#selected) ?? (probs[second] < LEAST_NAMED ? null : second);
    return rival === null ? `Why ${digit}?` : `Why ${digit}, and not ${rival}?`;
  }

  #choose(rival) {
    this.#rivals.set(this.#selected, rival);
    button.textContent = this.#question(this.#asked);
  }

  #open() {
    panel.showModal();
    this.#show();
    panel.focus();
  }

  async #show() {
    if (button.disabled) return panel.close();
    note.hidden = true;
    glyphHolder.hidden = !this.#asked;
    rowHolder.hidden = !this.#row;
    if (this.#hand) return this.#say(aboutHand(this.#hand));
    this.#views ??= this.#load().catch(() => (this.#views = null)); // so that the next question tries again
    const views = await this.#views;
    if (button.disabled || this.#hand || !panel.open) return undefined; // changed in the meantime
    if (!views) return this.#say("The explanation could not be loaded. Check the connection, and ask again.");
    const [view, rowView] = views;
    return this.#asked ? view.show({ ...this.#asked, rival: this.#rivals.get(this.#selected) }) : rowView.show(this.#row.row, this.#row.at);
  }

  // Shows a sentence in place of an explanation.
  #say(sentence) {
    glyphHolder.hidden = rowHolder.hidden = true;
    note.hidden = false;
    write(note, sentence);
  }

  async #load() {
    const [{ WhyView }, { RowWhyView }] = await Promise.all([import("../common/why_view.js"), import("../common/row_why_view.js")]);
    const chosen = (rival) => this.#choose(rival);
    return [new WhyView(glyphHolder, { engine: this.engine, chosen, level: 2 }), new RowWhyView(rowHolder, { level: 2 })];
  }
}

function aboutHand({ name, version }) {
  return `${name}’s version ${version} read this. Only the networks that inkling comes with can be explained here: choose “no hand”, and ask again.`;
}

function glyphOf({ tile, probs, digit, looks }, network) {
  return { tile: Float32Array.from(tile.flat(), (ink) => ink / 255), network, probs, digit, looks: looks?.length };
}

// The n-th digit of a reading as {row, at}: its row (engine/rows/alignment.js) and the index of its symbol there.
function placeInRows(rows, n) {
  const places = rows.flatMap((row) => row.symbols.flatMap(({ name }, at) => (/^\d$/.test(name) ? [{ row, at }] : [])));
  return places[n] ?? null;
}
