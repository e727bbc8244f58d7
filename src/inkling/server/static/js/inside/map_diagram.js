// The overview of a network with layers of maps: the drawing, the most important maps of each layer for one score, and
// the scores, with lines for what each map adds to the maps of the next layer.

import { whenColoursChange } from "../common/colours.js";
import { byId, make, write } from "../common/dom.js";
import { percent } from "../common/how_sure.js";
import { drawInk, drawSigned } from "../common/pixel_maps.js";
import { ButtonGroup } from "./button_group.js";
import { drawLines } from "./map_lines.js";
import { layoutMaps } from "./map_layout.js";
import { plain } from "./number_format.js";

export const SHOWN = 6; // maps of each layer

export class MapDiagram {
  #focus = null; // {layer, channel} or {output} under the pointer or with the keyboard focus
  #buttons = [];
  #scores = [];

  // `choose({layer, channel})` is called when a map is chosen, `target(output)` when a score is.
  constructor({ choose, target }) {
    this.holder = byId("maps");
    this.canvas = byId("map-lines");
    this.tile = byId("map-tile");
    this.names = byId("map-names");
    this.maps = new ButtonGroup(byId("map-buttons"), {
      labelOf: (i) => this.#nameOf(i),
      onFocus: (i) => this.#hover(i < 0 ? null : this.#at(i)),
      onChoose: (i) => choose(this.#at(i)),
      columns: () => SHOWN,
      isTurned: () => this.layout.isWide,
    });
    this.outputs = new ButtonGroup(byId("map-scores"), {
      labelOf: (k) => `Score of ${nameOf(k)}: ${plain(this.run.logits[k])}, ${percent(this.shares[k])}`,
      onFocus: (k) => this.#hover(k < 0 ? null : { output: k }),
      onChoose: target,
      columns: () => (this.layout.isWide ? 1 : this.#scores.length),
    });
    whenColoursChange(() => this.run && this.#paint());
    new ResizeObserver(() => this.run && this.holder.clientWidth !== this.layout?.width && this.#fit() && this.#paint()).observe(this.holder);
  }

  // `run`: a ConvRun; `shares`: the probability of each output; `target`: the output whose maps are shown; `chosen`
  // {layer, channel}: the map on the page.
  draw({ run, shares, target, chosen }) {
    const shown = run.strongest(target, SHOWN, chosen);
    Object.assign(this, { run, shares, target, chosen, shown });
    const count = run.maps.length * SHOWN;
    if (this.#buttons.length !== count || this.#scores.length !== shares.length) this.#make(count, shares.length);
    this.#fit();
    this.#paint();
  }

  #make(count, outputs) {
    const button = () => make("button", { type: "button", tabIndex: -1 }, make("canvas"));
    this.#buttons = Array.from({ length: count }, button);
    byId("map-buttons").replaceChildren(...this.#buttons);
    this.maps.buttons = this.#buttons;
    this.#scores = Array.from({ length: outputs }, (_, k) => {
      const bar = make("span", { className: "bar" });
      const share = make("span", { className: "share" });
      return { button: make("button", { type: "button", tabIndex: -1 }, make("b", { textContent: k < 10 ? k : "–" }), bar, share), bar, share };
    });
    byId("map-scores").replaceChildren(...this.#scores.map((score) => score.button));
    this.names.replaceChildren(...this.run.maps.map(() => makeName()), makeName());
    this.layout = null;
  }

  // Fits the layout to the available width; returns false if the width is 0.
  #fit() {
    const width = this.holder.clientWidth;
    if (width === 0) return false;
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    const layout = layoutMaps({ width, rem, layers: this.run.maps.length, rows: SHOWN, outputs: this.shares.length });
    this.layout = layout;
    this.holder.style.height = `${layout.height}px`;
    this.holder.classList.toggle("wide", layout.isWide);
    this.canvas.width = Math.round(width * devicePixelRatio);
    this.canvas.height = Math.round(layout.height * devicePixelRatio);
    this.#buttons.forEach((button, i) => put(button, layout.maps[Math.floor(i / SHOWN)][i % SHOWN], layout.side, layout.side));
    put(this.tile, layout.tile, layout.tile.side, layout.tile.side);
    this.#scores.forEach(({ button }, k) => this.#putScore(button, layout, k));
    [...this.names.children].forEach((name, i) => {
      const { x, y } = layout.names[i] ?? layout.scoreName;
      Object.assign(name.style, { left: `${x}px`, top: `${y}px` });
    });
    return true;
  }

  #putScore(button, { isWide, width, height, scores, score, bar }, k) {
    const { x, y } = scores[k];
    const place = isWide
      ? { left: x - score.w / 2, top: y - score.h / 2, width: width - x + score.w / 2, height: score.h }
      : { left: x - score.w / 2, top: y - score.h / 2, width: score.w, height: height - y + score.h / 2 };
    for (const [side, value] of Object.entries(place)) button.style[side] = `${value}px`;
    button.style.setProperty("--room", `${isWide ? bar.x1 - bar.x0 : bar.y1 - bar.y0}px`);
  }

  #paint() {
    const { run, shown, chosen, layout } = this;
    if (!layout) return;
    drawInk(this.tile, run.tile);
    const ranges = run.maps.map((of, layer) => rangeOf(shown[layer].map((channel) => of.map(channel))));
    let pinned = -1;
    this.#buttons.forEach((button, i) => {
      const { layer, channel } = this.#at(i);
      const of = run.maps[layer];
      const isChosen = chosen?.layer === layer && chosen.channel === channel;
      if (isChosen) pinned = i;
      button.style.visibility = channel === undefined ? "hidden" : "";
      if (channel !== undefined) drawMap(button.firstChild, of, channel, ranges[layer]);
    });
    this.maps.adopt(this.#buttons);
    this.maps.pin(pinned);
    this.#scores.forEach(({ button, bar, share }, k) => {
      bar.style.setProperty("--size", this.shares[k]);
      write(share, this.shares[k] >= 0.01 ? percent(this.shares[k]) : "");
      button.toggleAttribute("data-target", k === this.target);
    });
    this.outputs.adopt(this.#scores.map(({ button }) => button));
    this.outputs.pin(this.target);
    this.#nameLayers();
    drawLines(this);
  }

  #nameLayers() {
    const names = [...this.names.children];
    this.run.maps.forEach((layer, i) => {
      write(names[i].firstChild, `Layer ${layer.number}`);
      write(names[i].children[1], `${layer.channels} maps`);
      write(names[i].lastChild, `${layer.width} × ${layer.height}`);
    });
    write(names.at(-1).firstChild, "Scores");
    write(names.at(-1).children[1], "and shares");
  }

  get focus() {
    return this.#focus;
  }

  #hover(focus) {
    if (JSON.stringify(focus) === JSON.stringify(this.#focus)) return;
    this.#focus = focus;
    drawLines(this);
  }

  // The map that a button shows.
  #at(i) {
    const layer = Math.floor(i / SHOWN);
    return { layer, channel: this.shown[layer]?.[i % SHOWN] };
  }

  #nameOf(i) {
    const { layer, channel } = this.#at(i);
    const of = this.run.maps[layer];
    return `Layer ${of.number}, map ${channel + 1} of ${of.channels}, average ${plain(of.mean(channel))}`;
  }
}

// The maps of a layer share one scale, so that a faint map looks faint.
function rangeOf(maps) {
  return { low: Math.min(...maps.map(least)), high: Math.max(1e-9, ...maps.map(most)) };
}

function drawMap(canvas, layer, channel, { low, high }) {
  const map = layer.map(channel);
  if (low < 0) drawSigned(canvas, map, { width: layer.width, peak: Math.max(high, -low) });
  else drawInk(canvas, map, { width: layer.width, high, soft: true });
}

const least = (values) => values.reduce((a, b) => Math.min(a, b), Infinity);
const most = (values) => values.reduce((a, b) => Math.max(a, b), -Infinity);

function makeName() {
  return make("span", {}, make("b"), make("span"), make("span"));
}

export function nameOf(output) {
  return output < 10 ? String(output) : "none of the ten";
}

function put(element, { x, y }, w, h) {
  Object.assign(element.style, { left: `${x - w / 2}px`, top: `${y - h / 2}px`, width: `${w}px`, height: `${h}px` });
}

