// Paints the map: each test digit as its own numeral in its label's colour, mistakes larger and in a ring.

import { SIDE } from "./places.js";

const MARGIN = 16; // pixels around the outermost digits
const RING = 8.5;

export class Painter {
  constructor(canvas) {
    this.canvas = canvas;
    this.pen = canvas.getContext("2d");
  }

  // Takes the canvas's size on the page and its colours; to be called when either changes.
  measure() {
    const style = getComputedStyle(this.canvas);
    const colour = (name) => style.getPropertyValue(name).trim();
    this.colours = Array.from({ length: 10 }, (_, digit) => colour(`--digit-${digit}`));
    [this.ink, this.wrong, this.paper] = [colour("--ink"), colour("--ochre"), colour("--paper")];
    this.font = style.fontFamily;
    this.side = this.canvas.clientWidth;
    const dots = Math.round(this.side * (devicePixelRatio || 1));
    if (this.canvas.width !== dots) this.canvas.width = this.canvas.height = dots;
    this.scale = (this.side - 2 * MARGIN) / SIDE;
  }

  // Pixels of the page from the canvas's corner -> units of the map, and back.
  toMap(x, y) {
    return [(x - MARGIN) / this.scale, (y - MARGIN) / this.scale];
  }

  place(places, i) {
    return [MARGIN + places.x[i] * this.scale, MARGIN + places.y[i] * this.scale];
  }

  // Paints all; `chosen` (or -1) stands out and is tied to its neighbours.
  paint(places, chosen) {
    const { pen, canvas } = this;
    pen.setTransform(canvas.width / this.side, 0, 0, canvas.width / this.side, 0, 0);
    pen.clearRect(0, 0, this.side, this.side);
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    const shown = new Set(places.shown);
    const size = this.side < 480 ? 10 : 12;
    pen.font = `600 ${size}px ${this.font}`;
    for (const i of places.every) {
      if (!shown.has(i)) this.numeral(places, i, 0.13);
    }
    for (const i of places.shown) {
      if (!places.wrong(i)) this.numeral(places, i, 0.9);
    }
    pen.font = `700 ${size + 2}px ${this.font}`;
    for (const i of places.shown) {
      if (places.wrong(i)) this.ring(places, i, RING, this.wrong, 1.25, true);
    }
    if (chosen >= 0) this.choose(places, chosen);
  }

  choose(places, chosen) {
    const { pen } = this;
    const [x, y] = this.place(places, chosen);
    pen.globalAlpha = 0.8;
    pen.strokeStyle = this.ink;
    pen.lineWidth = 1.25;
    for (const other of places.near[chosen]) {
      pen.beginPath();
      pen.moveTo(x, y);
      pen.lineTo(...this.place(places, other));
      pen.stroke();
    }
    pen.globalAlpha = 1;
    for (const other of places.near[chosen]) this.ring(places, other, RING, this.ink, 1.25, true);
    pen.font = `700 17px ${this.font}`;
    this.ring(places, chosen, 14, places.wrong(chosen) ? this.wrong : this.ink, 3, true);
  }

  ring(places, i, radius, colour, width, filled) {
    const { pen } = this;
    pen.beginPath();
    pen.arc(...this.place(places, i), radius, 0, 2 * Math.PI);
    pen.fillStyle = this.paper;
    if (filled) pen.fill();
    pen.strokeStyle = colour;
    pen.lineWidth = width;
    pen.stroke();
    this.numeral(places, i, 1);
  }

  numeral(places, i, alpha) {
    const [x, y] = this.place(places, i);
    this.pen.globalAlpha = alpha;
    this.pen.fillStyle = this.colours[places.label[i]];
    this.pen.fillText(places.label[i], x, y + 0.5);
    this.pen.globalAlpha = 1;
  }
}
