// One layer: its feature maps side by side, each a button.

import { make } from "../common/dom.js";
import { drawInk, drawSigned } from "../common/pixel_maps.js";
import { ButtonGroup } from "./button_group.js";
import { signed } from "./number_format.js";

export class LayerMaps {
  #marked = -1;

  constructor(layer, i, enlarge) {
    this.isMap = layer.size[0] > 1;
    this.section = make("section", { className: "layer" });
    const heading = make("h3", { textContent: layer.title, id: `layer-${i}` });
    const holder = make("div", { className: `frames side-${layer.size[0]}` });
    holder.setAttribute("role", "group");
    holder.setAttribute("aria-labelledby", heading.id);
    this.section.append(heading, make("p", { textContent: layer.does }), holder);
    this.buttons = layer.maps.map(() => make("button", { type: "button", tabIndex: -1 }, make("canvas")));
    if (layer.isScores) this.buttons.forEach((button, k) => button.append(make("span", { textContent: k < 10 ? k : "none" })));
    holder.classList.toggle("scores", layer.isScores);
    holder.append(...this.buttons);
    this.layer = layer;
    this.keys = new ButtonGroup(holder, {
      labelOf: (c) => this.#labelOf(c),
      onFocus: (c) => c >= 0 && enlarge(c),
      onChoose: enlarge,
      columns: () => this.#columns(),
    });
    this.keys.adopt(this.buttons);
  }

  draw(layer) {
    this.layer = layer;
    const width = layer.size[1];
    const peak = Math.max(layer.high, -layer.low);
    layer.maps.forEach((map, c) => {
      const canvas = this.buttons[c].firstChild;
      if (layer.low < 0) drawSigned(canvas, map, { width, peak });
      else drawInk(canvas, map, { width, high: layer.high, soft: this.isMap });
    });
    this.keys.rename();
  }

  mark(channel) {
    if (channel === this.#marked) return;
    this.buttons[this.#marked]?.removeAttribute("aria-current");
    this.buttons[channel]?.setAttribute("aria-current", "true");
    this.#marked = channel;
  }

  #labelOf(c) {
    const map = this.layer.maps[c];
    if (this.layer.isScores) return `Score of ${c < 10 ? c : "none of the ten"}: ${signed(map[0])}`;
    if (!this.isMap) return `Number ${c + 1}: ${signed(map[0])}`;
    return `Map ${c + 1}, at most ${signed(Math.max(...map), 1)}`;
  }

  #columns() {
    const top = this.buttons[0].offsetTop;
    const second = this.buttons.findIndex((button) => button.offsetTop > top);
    return second < 0 ? this.buttons.length : second;
  }
}
