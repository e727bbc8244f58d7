// One feature map, enlarged, beside the drawing with the receptive field of a point.

import { byId, write } from "../common/dom.js";
import { cellUnder, drawInk, drawSigned, peakOf, pointAt } from "../common/pixel_maps.js";
import { place, signed } from "./number_format.js";

const SIDE = 28;

export class EnlargedMap {
  #cell = -1;

  constructor() {
    this.map = byId("large-map");
    this.cursor = byId("large-cursor");
    this.window = byId("layer-cursor");
    for (const kind of ["pointermove", "pointerdown"]) {
      this.map.addEventListener(kind, (event) => this.#showCell(cellUnder(event, this.map, this.w, this.h)));
    }
    this.map.addEventListener("pointerleave", () => this.#showCell(-1));
  }

  draw(layer, channel, tile) {
    const [h, w] = layer.size;
    Object.assign(this, { layer, values: layer.maps[channel], h, w });
    const isMap = h > 1;
    drawInk(byId("layer-tile"), tile);
    if (layer.low < 0) drawSigned(this.map, this.values, { width: w, peak: Math.max(layer.high, -layer.low) });
    else drawInk(this.map, this.values, { width: w, high: isMap ? peakOf(this.values) : layer.high });
    write(byId("large-title"), `${isMap ? "Map" : "Number"} ${channel + 1} of ${layer.channels}`);
    write(byId("large-layer"), layer.title);
    if (this.#cell >= w * h) this.#cell = -1;
    this.#showCell(this.#cell);
  }

  #showCell(cell) {
    this.#cell = cell;
    const [height, width] = [this.h, this.w];
    pointAt(this.cursor, this.h > 1 ? cell : -1, { width, height });
    const { sees } = this.layer;
    this.window.hidden = cell < 0 || !sees;
    const at = cell < 0 ? this.#brightest() : cell;
    const value = signed(this.values[at]);
    if (this.h === 1) write(byId("large-value"), `It is ${value}.`);
    else write(byId("large-value"), `${cell < 0 ? "Most of all at " : ""}${place(at, this.w)}: ${value}`);
    if (this.window.hidden) return;
    const [x0, y0] = [cell % this.w, Math.floor(cell / this.w)].map((n) => n * sees.step + sees.start);
    const clip = (n) => Math.min(SIDE, Math.max(0, n));
    const [left, top, right, bottom] = [clip(x0), clip(y0), clip(x0 + sees.reach), clip(y0 + sees.reach)];
    const part = (n) => `${(100 * n) / SIDE}%`;
    Object.assign(this.window.style, { left: part(left), top: part(top), width: part(right - left), height: part(bottom - top) });
  }

  #brightest() {
    return this.values.indexOf(this.values.reduce((a, b) => Math.max(a, b)));
  }
}
