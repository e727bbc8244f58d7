// One neuron: drawing x weights, summed pixel by pixel, plus the bias, then ReLU.

import { colours, whenColoursChange } from "../common/colours.js";
import { byId, write } from "../common/dom.js";
import { cellUnder, drawInk, drawSigned, peakOf, pointAt } from "../common/pixel_maps.js";
import { place, plain, rounded, signed } from "./number_format.js";

const DECIMALS = 3;

export class NeuronPanel {
  #inked = []; // pixels with ink, in reading order
  #sums = []; // the sum after each of them
  #pixel = -1; // the selected pixel
  #playing = 0;
  room = { w: 0, h: 0 }; // for the chart, in CSS pixels

  constructor() {
    this.maps = ["seen", "weights", "products"].map((name) => byId(`map-${name}`));
    this.cursors = this.maps.map((map) => map.parentElement.querySelector(".cursor"));
    for (const map of this.maps) {
      map.addEventListener("pointermove", (event) => this.select(cellUnder(event, map)));
      map.addEventListener("pointerdown", (event) => this.select(cellUnder(event, map)));
    }
    this.canvas = byId("running");
    this.slider = byId("pixel");
    this.slider.addEventListener("input", () => this.select(this.#inked[this.slider.value - 1] ?? -1));
    byId("add-up").addEventListener("click", () => this.#play());
    whenColoursChange(() => this.#chart());
    new ResizeObserver(() => this.#fitChart()).observe(this.canvas);
  }

  draw({ modified, run, tile, neuron }) {
    const { network, w1, b1 } = modified;
    this.neuron = neuron;
    this.tile = tile;
    this.weights = Float32Array.from({ length: network.pixels }, (_, i) => w1[i * network.hidden + neuron]);
    this.products = this.weights.map((weight, i) => weight * tile[i]);
    this.bias = b1[neuron];
    this.z = run.z1[neuron];
    this.isOn = modified.isOn(neuron);
    this.activation = run.a1[neuron];
    this.#addUp();
    drawInk(this.maps[0], tile);
    drawSigned(this.maps[1], this.weights, { marks: true });
    drawSigned(this.maps[2], this.products, { marks: true });
    this.#title(network.hidden);
    this.#total();
    if (tile[this.#pixel] > 0) this.select(this.#pixel);
    else this.select(this.#strongest());
  }

  select(pixel) {
    if (pixel < 0 && this.#inked.length > 0) return;
    this.#pixel = pixel;
    for (const cursor of this.cursors) pointAt(cursor, pixel);
    this.#step();
    this.#chart();
  }

  #addUp() {
    this.#inked = [];
    this.#sums = [];
    let sum = 0;
    for (let i = 0; i < this.tile.length; i++) {
      if (this.tile[i] === 0) continue;
      sum += this.products[i];
      this.#inked.push(i);
      this.#sums.push(sum);
    }
    this.sum = sum;
    this.slider.max = Math.max(1, this.#inked.length);
    this.slider.disabled = this.#inked.length === 0;
  }

  #strongest() {
    const peak = peakOf(this.products);
    return this.products.findIndex((product) => Math.abs(product) === peak);
  }

  #title(hidden) {
    write(byId("neuron-title"), `Neuron ${this.neuron + 1} of ${hidden}`);
    const inactive = this.isOn ? "It is inactive: ReLU turns sums below 0 into 0." : "It is switched off: its output is 0.";
    const words = this.activation > 0 ? `Its output is ${plain(this.activation, 2)}: the positive products outweigh the negative ones.` : inactive;
    write(byId("neuron-value"), words);
  }

  // The rounded numbers add up: the pixels' part is shown as the difference between the other two.
  #total() {
    const [z, bias] = [rounded(this.z, DECIMALS), rounded(this.bias, DECIMALS)];
    write(byId("sum-pixels"), signed(z - bias, DECIMALS));
    write(byId("sum-bias"), signed(bias, DECIMALS));
    write(byId("sum-z"), signed(z, DECIMALS));
    write(byId("sum-value"), plain(this.isOn ? Math.max(z, 0) : 0, DECIMALS));
    write(byId("sum-relu"), this.isOn ? "ReLU" : "off");
  }

  // The number of pixels added so far: those with ink up to `pixel`.
  #added() {
    let n = 0;
    while (n < this.#inked.length && this.#inked[n] <= this.#pixel) n++;
    return n;
  }

  #step() {
    const pixel = this.#pixel;
    if (pixel < 0) {
      for (const id of ["step-place", "step-product", "step-sum"]) write(byId(id), "");
      write(byId("step-place"), "No ink, so nothing to add up but the bias.");
      return;
    }
    const n = this.#added();
    const [ink, weight] = [this.tile[pixel], this.weights[pixel]];
    const product = `${plain(ink, 2)} × ${plain(weight, DECIMALS)} = ${signed(this.products[pixel], DECIMALS)}`;
    const so = n > 0 ? this.#sums[n - 1] : 0;
    write(byId("step-place"), place(pixel));
    write(byId("step-product"), product);
    write(byId("step-sum"), `sum so far ${signed(so, DECIMALS)}`);
    this.slider.value = Math.max(1, n);
    this.slider.setAttribute("aria-valuetext", `${place(pixel)}: ${product}, sum so far ${signed(so, DECIMALS)}`);
  }

  #fitChart() {
    const { clientWidth: w, clientHeight: h } = this.canvas;
    this.room = { w, h };
    this.canvas.width = Math.round(w * devicePixelRatio);
    this.canvas.height = Math.round(h * devicePixelRatio);
    this.#chart();
  }

  // Draws the running sum, pixel by pixel, and then the bias.
  #chart() {
    const { w, h } = this.room;
    if (!w || !this.tile) return;
    const context = this.canvas.getContext("2d");
    context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
    context.clearRect(0, 0, w, h);
    const all = [0, ...this.#sums, this.z];
    const [low, high] = [Math.min(...all, -0.1), Math.max(...all, 0.1)];
    const x = (n) => 6 + (n / (all.length - 1 + 6 * (all.length > 2))) * (w - 12);
    const y = (value) => h - 8 - ((value - low) / (high - low)) * (h - 16);
    line(context, [[0, y(0)], [w, y(0)]], colours().edge, 1);
    const points = this.#sums.map((sum, n) => [x(n + 1), y(sum)]);
    points.unshift([x(0), y(0)]);
    const n = this.#added();
    line(context, points, colours().edge, 1.5);
    line(context, points.slice(0, n + 1), colours().text, 2);
    const end = points.at(-1);
    const last = [w - 8, y(this.z)];
    line(context, [end, last], this.bias < 0 ? colours().ochre : colours().blue, 2, [4, 3]);
    dot(context, last, this.z > 0 ? colours().blue : colours().ochre, this.z > 0);
    dot(context, points[n], colours().text, true);
  }

  #play() {
    cancelAnimationFrame(this.#playing);
    if (this.#inked.length === 0) return;
    const end = this.#inked.at(-1);
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return this.select(end);
    const perFrame = Math.max(1, Math.round(this.#inked.length / 140));
    let n = 0;
    const next = () => {
      this.select(this.#inked[Math.min(n, this.#inked.length - 1)]);
      n += perFrame;
      if (n < this.#inked.length + perFrame) this.#playing = requestAnimationFrame(next);
    };
    next();
  }
}

function line(context, points, colour, width, dash = []) {
  context.beginPath();
  for (const [x, y] of points) context.lineTo(x, y);
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.lineJoin = "round";
  context.setLineDash(dash);
  context.stroke();
  context.setLineDash([]);
}

function dot(context, [x, y], colour, filled) {
  context.beginPath();
  context.arc(x, y, 4, 0, 2 * Math.PI);
  context.fillStyle = filled ? colour : colours().paper;
  context.strokeStyle = colour;
  context.lineWidth = 2;
  context.fill();
  context.stroke();
}
