// One map of a convolution, point by point: patches of its inputs times its kernels, added up, plus the bias, then
// ReLU. The patch moves with the pointer or the arrow keys, or step by step over the whole picture.

import { byId, write } from "../common/dom.js";
import { cellUnder, drawInk, drawSigned, frameOn, peakOf, pointAt } from "../common/pixel_maps.js";
import { place, plain, rounded, signed } from "./number_format.js";
import { ProductRow } from "./product_row.js";

const SIDE = 28;
const ROWS = 3; // inputs with visible products
const STEPS_A_SECOND = 30;

export class MapPanel {
  #point = -1; // in the map; -1: the strongest
  #strongest = 0;
  #playing = 0;

  // `turned(by)` asks for the next (1) or previous (-1) map of the layer.
  constructor({ turned }) {
    this.map = byId("large-map");
    this.handle = byId("large-handle");
    this.rows = Array.from({ length: ROWS }, () => new ProductRow());
    byId("products").replaceChildren(...this.rows.map(({ row }) => row));
    for (const kind of ["pointermove", "pointerdown"]) {
      this.map.addEventListener(kind, (event) => this.#select(cellUnder(event, this.map, this.layer.width, this.layer.height)));
    }
    this.handle.addEventListener("keydown", (event) => this.#key(event));
    byId("map-before").addEventListener("click", () => turned(-1));
    byId("map-after").addEventListener("click", () => turned(1));
    byId("map-play").addEventListener("click", () => (this.#playing ? this.#stop() : this.#play()));
  }

  // `layer`: a Layer of maps (conv_layer.js); `isLast`: its averages are the inputs of the scores.
  draw({ layer, channel, tile, isLast }) {
    if (this.layer?.number !== layer.number || this.channel !== channel) this.#stop();
    const isSameSize = this.layer?.points === layer.points;
    Object.assign(this, { layer, channel, tile, isLast, values: layer.map(channel) });
    if (!isSameSize) this.#point = -1;
    this.#strongest = this.#findStrongest();
    drawInk(byId("layer-tile"), tile);
    if (this.values.some((value) => value < 0)) drawSigned(this.map, this.values, { width: layer.width });
    else drawInk(this.map, this.values, { width: layer.width, high: peakOf(this.values) });
    write(byId("large-title"), `Layer ${layer.number}, map ${channel + 1} of ${layer.channels}`);
    write(byId("large-does"), whatItDoes(layer));
    write(byId("large-average"), averageInWords(this));
    this.#show();
  }

  // The point on the page.
  get point() {
    return this.#point >= 0 ? this.#point : this.#strongest;
  }

  // An active point whose sum depends strongly on the input.
  #findStrongest() {
    const { layer, channel, values } = this;
    let [best, most] = [0, -1];
    for (let at = 0; at < values.length; at++) {
      if (values[at] <= 0) continue;
      const { sum, bias } = layer.canAdd ? layer.sumAt(channel, at) : { sum: values[at], bias: 0 };
      const counts = values[at] * Math.abs(sum - bias);
      if (counts > most) [best, most] = [at, counts];
    }
    return best;
  }

  #select(point) {
    if (point < 0 || point === this.#point) return;
    this.#stop();
    this.#point = point;
    this.#show();
  }

  #show() {
    const { layer, channel, point } = this;
    const { width, height, sees } = layer;
    pointAt(byId("large-cursor"), point, { width, height });
    const [x0, y0] = [point % width, Math.floor(point / width)].map((n) => n * sees.step + sees.start);
    frameOn(byId("layer-cursor"), { left: x0, top: y0, right: x0 + sees.reach, bottom: y0 + sees.reach });
    const value = this.values[point];
    const where = `${place(point, width)}: ${plain(value, 2)}`;
    write(byId("large-value"), where);
    this.handle.setAttribute("aria-valuemax", layer.points);
    this.handle.setAttribute("aria-valuenow", point + 1);
    byId("products-part").hidden = !layer.canAdd;
    this.handle.setAttribute("aria-valuetext", layer.canAdd ? `${where}. ${this.#add(layer.sumAt(channel, point))}` : where);
  }

  // The rounded numbers add up: the rest is shown as the difference. Returns the sum in words.
  #add({ terms, bias, sum, value }) {
    const { layer, channel, point } = this;
    const order = [...terms.keys()].sort((a, b) => Math.abs(terms[b]) - Math.abs(terms[a])).slice(0, ROWS);
    const [shownSum, shownBias] = [rounded(sum), rounded(bias)];
    let left = shownSum - shownBias;
    this.rows.forEach((row, i) => {
      const input = order[i];
      row.row.hidden = input === undefined;
      if (input === undefined) return;
      left -= rounded(terms[input]);
      const name = layer.inChannels === 1 ? "the drawing" : `map ${input + 1} before`;
      row.draw({ layer, channel, point, input, term: terms[input], name });
    });
    const others = Math.max(0, layer.inChannels - ROWS);
    byId("sum-others-part").hidden = others === 0;
    write(byId("sum-others"), signed(left));
    write(byId("sum-others-name"), `the other ${others} maps`);
    write(byId("sum-shown"), signed(rounded(shownSum - shownBias - (others ? left : 0))));
    write(byId("sum-shown-name"), others ? "products above" : "all products");
    write(byId("map-bias"), signed(shownBias));
    write(byId("map-sum"), signed(shownSum));
    write(byId("map-out"), plain(value));
    const isCut = layer.parts.activation === "relu";
    byId("map-relu").hidden = !isCut;
    return `Products and bias add up to ${signed(shownSum)}${isCut && sum < 0 ? ", which ReLU turns into 0" : ""}.`;
  }

  #key(event) {
    const { width, height, points } = this.layer;
    const { point } = this;
    const [x, y] = [point % width, Math.floor(point / width)];
    const to = {
      ArrowLeft: x > 0 ? point - 1 : point, ArrowRight: x < width - 1 ? point + 1 : point,
      ArrowUp: y > 0 ? point - width : point, ArrowDown: y < height - 1 ? point + width : point,
      Home: 0, End: points - 1, PageUp: Math.max(x, point - 5 * width), PageDown: Math.min((height - 1) * width + x, point + 5 * width),
    }[event.key]; // prettier-ignore
    if (to === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    this.#select(to);
  }

  // Moves the patch over the picture in reading order; with reduced motion it jumps to the end.
  #play() {
    const isStill = matchMedia("(prefers-reduced-motion: reduce)").matches;
    let at = isStill ? this.layer.points - 1 : 0;
    write(byId("map-play"), "Stop");
    const started = performance.now();
    const next = () => {
      this.#point = at;
      this.#show();
      if (at === this.layer.points - 1) return this.#stop();
      this.#playing = requestAnimationFrame((now) => {
        at = Math.min(this.layer.points - 1, Math.floor(((now - started) / 1000) * STEPS_A_SECOND * Math.max(1, this.layer.points / 200)));
        next();
      });
    };
    next();
  }

  #stop() {
    cancelAnimationFrame(this.#playing);
    this.#playing = 0;
    write(byId("map-play"), "Step over the picture");
  }
}

function whatItDoes({ kernel, inChannels, stride, sees, number, parts }) {
  const seen = sees.reach < SIDE ? `${sees.reach} × ${sees.reach} pixels of the drawing` : "the whole drawing";
  if (!kernel || !parts.weights) return `A point of this map depends on ${seen}.`;
  const [h, w] = kernel;
  const moves = stride > 1 ? ` The patch moves ${stride} points at a time, so the map has half the side.` : "";
  if (number === 1) return `Each point is ${h * w} numbers of the drawing times the ${h * w} weights of the map's kernel, added up.${moves}`;
  return `Each point takes a patch of ${h} × ${w} from all ${inChannels} maps before it, each with its own kernel. It depends on ${seen}.${moves}`;
}

function averageInWords({ layer, channel, isLast, values }) {
  const sum = values.reduce((total, value) => total + value, 0);
  const average = `The average of its ${layer.points} numbers is ${plain(sum, 2)} / ${layer.points} = ${plain(layer.mean(channel), 3)}.`;
  return isLast ? `${average} The last layer gets only this number of the map.` : average;
}

