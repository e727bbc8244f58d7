// Keeps the drawing in this browser's storage, and opens links that contain one.

import { fromFragment, savedDrawing, saveDrawing } from "../common/drawing.js";
import { say } from "./page_text.js";

const REST_MS = 300; // from the last change to saving
const IN_TEXT = /#d=[\w-]+(&m=[^\s&]+)?/;

export class Persistence {
  #timer = null;
  #opening = false;

  // `model` is the <select> of networks.
  constructor(board, model) {
    this.board = board;
    this.model = model;
    addEventListener("hashchange", () => this.#open(location.hash));
    addEventListener("pagehide", () => this.#save());
    document.addEventListener("visibilitychange", () => document.hidden && this.#save());
  }

  // Shows the drawing in the address, or else the saved drawing.
  begin() {
    const before = savedDrawing();
    if (before) {
      this.#choose(before.model);
      this.#load(before.strokes);
    }
    this.#open(location.hash);
  }

  // Removes an outdated drawing from the address after the ink or the network has changed.
  changed() {
    if (this.#opening) return;
    if (fromFragment(location.hash)) history.replaceState(null, "", location.pathname + location.search);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#save(), REST_MS);
  }

  // Opens a pasted link; returns whether the text contains one.
  openText(text) {
    const found = text.match(IN_TEXT);
    if (found) this.#open(found[0]);
    return found !== null;
  }

  #open(hash) {
    const link = fromFragment(hash);
    if (!link) {
      this.#openNetwork(new URLSearchParams(hash.slice(1)).get("m"));
      return;
    }
    this.#load(link.strokes ?? [], { undoable: true });
    if (link.strokes === null) {
      say("This link is incomplete or damaged, so its drawing cannot be shown. Ask for it again, or write here.");
    } else if (link.model && !this.#choose(link.model)) {
      say(`The link’s network, ${link.model.slice(0, 40)}, is not available; ${this.model.value} reads instead.`);
    }
  }

  // For a link with a network but no drawing: the network reads the board.
  #openNetwork(name) {
    if (!name) return;
    history.replaceState(null, "", location.pathname + location.search);
    if (this.#choose(name)) this.model.dispatchEvent(new Event("change", { bubbles: true }));
    else say(`The link’s network, ${name.slice(0, 40)}, is not available; ${this.model.value} reads instead.`);
  }

  #load(strokes, { undoable = false } = {}) {
    this.#opening = true;
    if (undoable && !this.board.isEmpty) this.board.replace(strokes);
    else this.board.load(strokes);
    this.#opening = false;
    this.#timer = setTimeout(() => this.#save(), REST_MS);
  }

  #choose(name) {
    const found = [...this.model.options].some((option) => option.value === name);
    if (found) this.model.value = name;
    return found;
  }

  #save() {
    if (this.#timer === null) return;
    clearTimeout(this.#timer);
    this.#timer = null;
    saveDrawing({ strokes: this.board.strokes, model: this.model.value });
  }
}
