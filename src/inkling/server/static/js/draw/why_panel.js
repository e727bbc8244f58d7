// "Why 7, and not 1?": a button beside the answer, and a panel that explains the digit that is selected.

import { rivalOf } from "../common/why.js";
import { WhyView } from "../common/why_view.js";
import { place } from "./popover_place.js";
import { byId } from "./page_text.js";

const SIDE = 28; // pixels of a classifier's tile; a digit of a row has another one
const [button, panel] = [byId("why"), byId("why-panel")];

export class WhyPanel {
  #asked = null; // what is explained: as WhyView.show takes it
  #steps; // what explains a row instead

  // `engine()` gives a promise of the engine; `steps` is the element with the steps of a reading.
  constructor({ engine, steps }) {
    this.#steps = steps;
    this.view = new WhyView(byId("why-view"), { engine, level: 2 });
    button.addEventListener("click", () => this.#open());
    byId("why-close").addEventListener("click", () => panel.hidePopover());
    panel.addEventListener("keydown", (event) => event.stopPropagation()); // the page's own keys stay away
    panel.addEventListener("toggle", (event) => event.newState === "closed" && this.view.stop());
  }

  // The digit that can be explained; null for none. `network` read it.
  set(digit, { network } = {}) {
    const isClassified = digit?.tile?.length === SIDE;
    this.#asked = isClassified
      ? { tile: Float32Array.from(digit.tile.flat(), (ink) => ink / 255), network, probs: digit.probs, digit: digit.digit }
      : null;
    button.disabled = !digit;
    const rival = digit && rivalOf(digit.probs, digit.digit);
    button.textContent = digit ? `Why ${digit.digit}, and not ${rival}?` : "Why this answer?";
    if (panel.matches(":popover-open")) this.#show();
  }

  #open() {
    if (!this.#asked) {
      this.#steps.open = true; // a row is explained by its steps
      this.#steps.scrollIntoView({ behavior: "smooth", block: "start" });
      return;
    }
    panel.showPopover();
    this.#show();
    byId("why-close").focus();
  }

  #show() {
    if (!this.#asked) return panel.hidePopover();
    place(panel, button);
    return this.view.show(this.#asked);
  }
}
