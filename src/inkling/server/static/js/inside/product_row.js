// One input of a convolution at one point: its patch times the kernel, number by number, and their sum.

import { make, write } from "../common/dom.js";
import { drawInk, drawSigned, frameOn, peakOf } from "../common/pixel_maps.js";
import { plain, signed } from "./number_format.js";

export class ProductRow {
  constructor() {
    this.map = make("canvas");
    this.map.setAttribute("aria-hidden", "true");
    this.cursor = make("span", { className: "cursor" });
    this.name = make("span");
    this.patch = make("div", { className: "cells" });
    this.kernel = make("div", { className: "cells" });
    this.sum = make("b");
    const seen = make("div", { className: "seen" }, make("div", { className: "map" }, this.map, this.cursor), this.name);
    const sign = (text, label) => {
      const one = make("span", { className: "sign", textContent: text });
      one.setAttribute("role", "img");
      one.setAttribute("aria-label", label);
      return one;
    };
    const sum = make("span", { className: "gives" }, sign("=", "add up to"), this.sum);
    this.row = make("li", {}, seen, this.patch, sign("×", "times"), this.kernel, sum);
    for (const [cells, label] of [[this.patch, "Patch"], [this.kernel, "Kernel"]]) {
      cells.setAttribute("role", "img");
      cells.dataset.label = label;
    }
  }

  draw({ layer, channel, point, input, term, name }) {
    const map = layer.inputMap(input);
    const isSigned = map.some((value) => value < 0);
    if (isSigned) drawSigned(this.map, map, { width: layer.inWidth });
    else drawInk(this.map, map, { width: layer.inWidth, high: peakOf(map), soft: true });
    const [h, w] = layer.kernel;
    const { top, left } = layer.corner(point);
    frameOn(this.cursor, { left, top, right: left + w, bottom: top + h }, { width: layer.inWidth, height: layer.inHeight });
    write(this.name, name);
    const kernel = layer.kernelOf(channel, input);
    fill(this.patch, layer.patchOf(point, input), w, peakOf(map), !isSigned);
    fill(this.kernel, kernel, w, peakOf(kernel), false);
    write(this.sum, signed(term));
  }
}

// Numbers in cells, each tinted by its size: ink, or blue above 0 and ochre below.
function fill(holder, values, columns, peak, isInk) {
  holder.style.setProperty("--columns", columns);
  if (holder.children.length !== values.length) holder.replaceChildren(...Array.from(values, () => make("span", { ariaHidden: "true" })));
  values.forEach((value, i) => {
    const cell = holder.children[i];
    write(cell, plain(value, 2));
    cell.dataset.sign = isInk ? "ink" : value < 0 ? "minus" : "plus";
    cell.style.setProperty("--size", Math.min(1, Math.abs(value) / peak));
  });
  holder.setAttribute("aria-label", `${holder.dataset.label}: ${Array.from(values, (value) => plain(value, 2)).join(", ")}`);
}
