// The hand chooser: no hand, a hand of the service, or a new one. This device remembers the choice.
//
// A hand starts with its first lesson. Until then a new name is selected but not used for reading.

import { chosenHand, chooseHand } from "./chosen_hand.js";
import { listHands, sentenceOf } from "./hands_client.js";

const NEW = "\n"; // cannot be a hand's name
const NAME = /^[\p{L}\p{N}][\p{L}\p{N}_ .-]{0,39}$/u;

export class HandChooser {
  store = ""; // where lessons are kept, in words
  kinds = ["light"]; // kinds of teaching
  #hands = null; // by name; null until they are loaded
  #asking = null;

  // `changed()` is called when another hand is chosen, `failed(sentence)` after an error from the service.
  constructor({ changed, failed }) {
    Object.assign(this, { changed, failed });
    [this.select, this.form] = ["hand", "new-hand"].map((id) => document.getElementById(id));
    this.select.addEventListener("change", () => this.#selected());
    for (const kind of ["focus", "pointerenter", "pointerdown"]) {
      this.select.addEventListener(kind, () => this.#hands ?? this.refresh());
    }
    this.form.addEventListener("submit", (event) => this.#named(event));
    this.form.addEventListener("toggle", (event) => event.newState === "closed" && this.#show());
    this.form.addEventListener("keydown", (event) => event.stopPropagation()); // keeps the page's shortcuts out
    this.#show();
    if (this.name) this.refresh();
  }

  get name() {
    return chosenHand();
  }

  // The chosen hand as the service returned it; null if the hands are not loaded, or none or a new one is chosen.
  get hand() {
    return this.#hands?.get(this.name) ?? null;
  }

  get names() {
    return [...(this.#hands?.keys() ?? [])];
  }

  // The value of ?hand=. A remembered name is trusted until the hands are loaded.
  get reads() {
    return this.#hands && !this.hand ? "" : this.name;
  }

  choose(name) {
    if (name === this.name) return;
    chooseHand(name);
    this.#show();
    this.changed();
  }

  // Updates a hand from the service's latest answer.
  update(hand) {
    this.#hands ??= new Map();
    this.#hands.set(hand.name, hand);
    this.#show();
  }

  remove(name) {
    this.#hands?.delete(name);
    if (name === this.name) this.choose("");
    else this.#show();
  }

  // Asks the service for its hands; `failed` is called with the message of its error, if any.
  refresh() {
    this.load().catch((error) => this.failed(sentenceOf(error)));
  }

  // Asks the service for its hands. Resolves to true, or rejects with ApiError or Unavailable.
  load() {
    this.#asking ??= this.#ask().finally(() => (this.#asking = null));
    return this.#asking;
  }

  async #ask() {
    const { store, kinds, hands } = await listHands();
    Object.assign(this, { store, kinds: kinds ?? this.kinds });
    this.#hands = new Map(hands.map((hand) => [hand.name, hand]));
    this.#show();
    return true;
  }

  #show() {
    const names = this.names;
    if (this.name && !names.includes(this.name)) names.push(this.name);
    const isNew = (name) => this.#hands && !this.#hands.has(name);
    const options = names.map((name) => new Option(isNew(name) ? `${name} (new)` : name, name));
    this.select.replaceChildren(new Option("no hand", ""), ...options, new Option("new …", NEW));
    this.select.value = this.name;
  }

  #selected() {
    if (this.select.value !== NEW) return this.choose(this.select.value);
    this.form.querySelector("[role=alert]").textContent = "";
    this.form.showPopover();
    const { left, bottom } = this.select.getBoundingClientRect();
    const room = document.documentElement.clientWidth - this.form.offsetWidth - 8;
    Object.assign(this.form.style, { left: `${Math.max(8, Math.min(left, room)) + scrollX}px`, top: `${bottom + 6 + scrollY}px` });
    return this.form.elements.name.focus();
  }

  #named(event) {
    event.preventDefault();
    const input = this.form.elements.name;
    const complaint = complaintAbout(input.value);
    this.form.querySelector("[role=alert]").textContent = complaint;
    if (complaint) return input.focus();
    this.form.hidePopover();
    this.choose(input.value.trim().normalize("NFC"));
    input.value = "";
    return this.select.focus();
  }
}

// Why a text cannot be a hand's name; "" if it can. hands/lesson.py has the same rule, but also allows a leading _.
export function complaintAbout(text) {
  if (!text.trim()) return "Type a name first.";
  return NAME.test(text.trim().normalize("NFC")) ? "" : "A name has 1 to 40 letters, digits, spaces, and _ . - and begins with a letter or digit.";
}
