// The whole network on one canvas: the drawing, the hidden neurons, the ten outputs and the strongest connections.

import { colours, css, shade } from "../common/colours.js";
import { percent } from "../common/how_sure.js";
import { layoutDiagram } from "./diagram_layout.js";
import { drawInk, peakOf } from "../common/pixel_maps.js";
import { flows, strongest } from "./connections.js";

const WIDTHS = [0.6, 1, 1.6, 2.4, 3.6]; // of lines, from weak to strong, in sixteenths of a rem
const ALPHAS = [0.16, 0.24, 0.36, 0.55, 0.8];
const PIXELS = 28;

export class NetworkDiagram {
  isStale = true;
  #small = document.createElement("canvas"); // the drawing, one pixel per number

  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
  }

  // Computes the layout for `hidden` neurons, and recomputes it if `isStale`: the available space may have changed.
  fit(hidden) {
    if (!this.isStale && this.hidden === hidden) return this.layout;
    const width = this.canvas.parentElement.clientWidth;
    Object.assign(this, { hidden, isStale: width === 0 });
    this.rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    this.layout = layoutDiagram(width, this.rem, hidden);
    this.canvas.style.height = `${this.layout.height}px`;
    this.canvas.width = Math.round(width * devicePixelRatio);
    this.canvas.height = Math.round(this.layout.height * devicePixelRatio);
    return this.layout;
  }

  // `focus`: {hidden: j} or {output: k} shows only the connections of that unit; null shows the strongest of all.
  draw({ modified, run, tile, focus, lines, pinned, target }) {
    const { context, layout } = this;
    context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
    context.clearRect(0, 0, layout.width, layout.height);
    this.#drawTile(tile);
    this.#lines(modified, run, tile, focus, lines);
    this.#neurons(modified, run, focus, pinned);
    this.#outputs(run, focus, target);
    this.#names(modified.network.hidden, run);
  }

  #names(hidden, { a1 }) {
    const { context, layout, rem } = this;
    const active = a1.reduce((n, a) => n + (a > 0 ? 1 : 0), 0);
    context.textAlign = "left";
    context.textBaseline = "alphabetic";
    context.strokeStyle = colours().paper; // a rim that separates the text from the lines behind it
    context.lineWidth = 5;
    context.lineJoin = "round";
    const put = (text, font, colour, x, y) => {
      context.font = font;
      context.strokeText(text, x, y);
      context.fillStyle = colour;
      context.fillText(text, x, y);
      return x + context.measureText(text).width + 0.45 * rem;
    };
    const font = `${0.84 * rem}px system-ui, sans-serif`;
    const written = (text, more, [x, y]) => {
      const at = put(text, `600 ${font}`, colours().text, x, y);
      put(more, font, colours().quiet, at, y);
    };
    written("784 pixels", "28 × 28", layout.names.tile);
    written(`${hidden} neurons`, `${active} active`, layout.names.hidden);
    const [x, y] = layout.names.hidden;
    const count = `784 × ${hidden} + ${hidden} = ${(784 * hidden + hidden).toLocaleString("en")} parameters`;
    if (layout.wide) put(count, font, colours().quiet, x, y + 1.05 * rem);
    written("10 outputs", layout.wide ? "shares" : "and their shares", layout.names.outputs);
  }

  #drawTile(tile) {
    const { context, layout } = this;
    const { x, y, side } = layout.tile;
    drawInk(this.#small, tile);
    context.imageSmoothingEnabled = false;
    context.drawImage(this.#small, x, y, side, side);
    context.strokeStyle = colours().edge;
    context.lineWidth = 1;
    context.strokeRect(x - 0.5, y - 0.5, side + 1, side + 1);
  }

  #lines(modified, run, tile, focus, lines) {
    const { layout } = this;
    const { hidden } = modified.network;
    const { first, second } = flows(modified, run, tile, focus);
    const cell = layout.tile.side / PIXELS;
    const pixel = (i) => ({
      x: layout.tile.x + ((i % PIXELS) + 0.5) * cell,
      y: layout.tile.y + (Math.floor(i / PIXELS) + 0.5) * cell,
    });
    this.#bundle(first, strongest(first, lines), (at) => [
      pixel(Math.floor(at / hidden)),
      layout.neurons[at % hidden],
      layout.radius,
    ]);
    this.#bundle(second, strongest(second, lines), (at) => [
      layout.neurons[Math.floor(at / 10)],
      layout.outputs[at % 10],
      layout.outputRadius,
    ]);
  }

  // Draws the lines of one layer in few strokes: one for each sign and each of five levels of strength. Lines for
  // negative values are ochre and dashed.
  #bundle(values, chosen, ends) {
    if (chosen.length === 0) return;
    const { context, layout, rem } = this;
    const peak = Math.abs(values[chosen[0]]);
    const paths = new Map();
    for (const at of chosen) {
      const level = Math.min(WIDTHS.length - 1, Math.floor((Math.abs(values[at]) / peak) ** 1.3 * WIDTHS.length));
      const key = values[at] < 0 ? -1 - level : level;
      if (!paths.has(key)) paths.set(key, new Path2D());
      const [from, to, radius] = ends(at);
      const path = paths.get(key);
      path.moveTo(from.x, from.y);
      // Slightly curved, so that lines to neighbors separate early and none follows a row of neurons.
      const [x, y] = layout.wide ? [to.x - radius * 0.9, to.y] : [to.x, to.y - radius * 0.9];
      const [dx, dy] = [x - from.x, y - from.y];
      const [a, b] = [0.12, 0.45];
      const bend = layout.wide ? [b * dx, a * dy, (1 - b) * dx, (1 - a) * dy] : [a * dx, b * dy, (1 - a) * dx, (1 - b) * dy];
      path.bezierCurveTo(from.x + bend[0], from.y + bend[1], from.x + bend[2], from.y + bend[3], x, y);
    }
    context.lineCap = "butt";
    for (const [key, path] of [...paths].sort(([a], [b]) => level(a) - level(b))) {
      context.strokeStyle = key < 0 ? colours().ochre : colours().blue;
      context.lineWidth = (WIDTHS[level(key)] * rem) / 16;
      context.globalAlpha = ALPHAS[level(key)];
      context.setLineDash(key < 0 ? [0.32 * rem, 0.22 * rem] : []);
      context.stroke(path);
    }
    context.setLineDash([]);
    context.globalAlpha = 1;
  }

  #neurons(modified, { a1 }, focus, pinned) {
    const { context, layout } = this;
    const peak = peakOf(a1);
    const { ink } = colours().shades;
    layout.neurons.forEach(({ x, y }, j) => {
      const [on, { radius }] = [modified.isOn(j), layout];
      const isActive = a1[j] > 0;
      context.beginPath();
      context.arc(x, y, isActive ? radius : radius * 0.62, 0, 2 * Math.PI);
      if (isActive) {
        context.fillStyle = css(shade(ink, 0.12 + 0.88 * (a1[j] / peak)));
        context.fill();
      }
      context.strokeStyle = isActive ? colours().ink : colours().edge;
      context.lineWidth = 1;
      context.stroke();
      if (!on) this.#cross(x, y, radius);
      else if (modified.of(j).scale !== 1 || modified.of(j).shift !== 0) this.#ring(x, y, radius + 2.5, colours().ochre, [2, 2]);
      if (j === pinned) this.#ring(x, y, radius + 3.5, colours().blue, []);
      if (j === focus?.hidden && j !== pinned) this.#ring(x, y, radius + 3.5, colours().blue, [3, 2]);
    });
  }

  #cross(x, y, radius) {
    const { context } = this;
    const r = radius * 0.8;
    context.beginPath();
    context.moveTo(x - r, y - r);
    context.lineTo(x + r, y + r);
    context.moveTo(x + r, y - r);
    context.lineTo(x - r, y + r);
    context.strokeStyle = colours().ochre;
    context.lineWidth = 2;
    context.stroke();
  }

  #ring(x, y, radius, colour, dash) {
    const { context } = this;
    context.beginPath();
    context.arc(x, y, radius, 0, 2 * Math.PI);
    context.strokeStyle = colour;
    context.lineWidth = 2;
    context.setLineDash(dash);
    context.stroke();
    context.setLineDash([]);
  }

  #outputs({ probs }, focus, target) {
    const { context, layout, rem } = this;
    const { bar, outputRadius: radius } = layout;
    const best = probs.indexOf(Math.max(...probs));
    const { blue } = colours().shades;
    context.textBaseline = "middle";
    layout.outputs.forEach(({ x, y }, digit) => {
      const isBest = digit === best;
      context.beginPath();
      context.arc(x, y, radius, 0, 2 * Math.PI);
      context.fillStyle = isBest ? colours().blue : colours().paper;
      context.fill();
      context.strokeStyle = isBest ? colours().blue : colours().quiet;
      context.lineWidth = 1.2;
      context.stroke();
      if (digit === target) this.#ring(x, y, radius + 3.5, colours().blue, []);
      else if (digit === focus?.output) this.#ring(x, y, radius + 3.5, colours().blue, [3, 2]);
      context.fillStyle = isBest ? colours().paper : colours().text;
      context.font = `600 ${radius}px system-ui, sans-serif`;
      context.textAlign = "center";
      context.fillText(digit, x, y + radius * 0.06);
      context.fillStyle = css(shade(blue, 0.12));
      const share = probs[digit];
      const colour = isBest ? colours().blue : css(shade(blue, 0.55));
      context.font = `${0.84 * rem}px system-ui, sans-serif`;
      if (layout.wide) {
        const [w, h] = [bar.x1 - bar.x0, radius * 0.8];
        context.fillRect(bar.x0, y - h / 2, w, h);
        context.fillStyle = colour;
        context.fillRect(bar.x0, y - h / 2, w * share, h);
        context.textAlign = "left";
        context.fillStyle = isBest ? colours().text : colours().quiet;
        if (share >= 0.001) context.fillText(percent(share), bar.x1 + 0.4 * rem, y);
      } else {
        const [w, h] = [radius * 1.2, bar.y1 - bar.y0];
        context.fillRect(x - w / 2, bar.y0, w, h);
        context.fillStyle = colour;
        context.fillRect(x - w / 2, bar.y1 - h * share, w, h * share);
        context.fillStyle = isBest ? colours().text : colours().quiet;
        if (share >= 0.01) context.fillText(percent(share), x, bar.y1 + 0.8 * rem);
      }
    });
  }
}

function level(key) {
  return key < 0 ? -1 - key : key;
}
