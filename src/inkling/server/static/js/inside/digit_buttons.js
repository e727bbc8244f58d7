// Small pictures of digits as buttons, one of which is pressed.

import { make, press, write } from "../common/dom.js";
import { drawInk } from "../common/pixel_maps.js";

export class DigitButtons {
  // `choose(i)` is called on a click.
  constructor(holder, { choose, nameOf }) {
    Object.assign(this, { holder, choose, nameOf });
  }

  // Shows `tiles` with `texts` below them; hidden if there is nothing to choose.
  show(tiles, chosen, texts = null) {
    this.holder.hidden = tiles.length < 2;
    if (this.holder.hidden) return;
    if (this.holder.children.length !== tiles.length) this.holder.replaceChildren(...tiles.map((_, i) => this.#button(i)));
    const buttons = [...this.holder.children];
    press(buttons, chosen);
    tiles.forEach((tile, i) => {
      drawInk(buttons[i].firstChild, tile);
      write(buttons[i].lastChild, texts?.[i] ?? "");
      buttons[i].setAttribute("aria-label", [this.nameOf(i), texts?.[i]].filter(Boolean).join(": "));
    });
  }

  #button(i) {
    const button = make("button", { type: "button" }, make("canvas", { className: "tile" }), make("span"));
    button.addEventListener("click", () => this.choose(i));
    return button;
  }
}
