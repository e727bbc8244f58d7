// Draws the map: each digit as a numeral in the color of its label; mistakes are larger and ringed.

import { SIDE } from "./map_points.js";

const MARGIN = 16; // pixels around the outermost digits
const RING = 8.5;

export class MapPainter {
  constructor(canvas) {
    this.canvas = canvas;
    this.pen = canvas.getContext("2d");
  }

  // Reads the size and colors of the canvas; call it when either changes.
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

  // CSS pixels from the canvas's corner -> units of the map; `place` converts in the other direction.
  toMap(x, y) {
    return [(x - MARGIN) / this.scale, (y - MARGIN) / this.scale];
  }

  place(points, i) {
    return [MARGIN + points.x[i] * this.scale, MARGIN + points.y[i] * this.scale];
  }

  // Paints everything; `chosen` (or -1) is highlighted and connected to its neighbors.
  paint(points, chosen) {
    const { pen, canvas } = this;
    pen.setTransform(canvas.width / this.side, 0, 0, canvas.width / this.side, 0, 0);
    pen.clearRect(0, 0, this.side, this.side);
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    const shown = new Set(points.shown);
    const size = this.side < 480 ? 10 : 12;
    pen.font = `600 ${size}px ${this.font}`;
    for (const i of points.every) {
      if (!shown.has(i)) this.numeral(points, i, 0.13);
    }
    for (const i of points.shown) {
      if (!points.wrong(i)) this.numeral(points, i, 0.9);
    }
    pen.font = `700 ${size + 2}px ${this.font}`;
    for (const i of points.shown) {
      if (points.wrong(i)) this.ring(points, i, RING, this.wrong, 1.25, true);
    }
    if (chosen >= 0) this.choose(points, chosen);
  }

  choose(points, chosen) {
    const { pen } = this;
    const [x, y] = this.place(points, chosen);
    pen.globalAlpha = 0.8;
    pen.strokeStyle = this.ink;
    pen.lineWidth = 1.25;
    for (const other of points.near[chosen]) {
      pen.beginPath();
      pen.moveTo(x, y);
      pen.lineTo(...this.place(points, other));
      pen.stroke();
    }
    pen.globalAlpha = 1;
    for (const other of points.near[chosen]) this.ring(points, other, RING, this.ink, 1.25, true);
    pen.font = `700 17px ${this.font}`;
    this.ring(points, chosen, 14, points.wrong(chosen) ? this.wrong : this.ink, 3, true);
  }

  ring(points, i, radius, colour, width, filled) {
    const { pen } = this;
    pen.beginPath();
    pen.arc(...this.place(points, i), radius, 0, 2 * Math.PI);
    pen.fillStyle = this.paper;
    if (filled) pen.fill();
    pen.strokeStyle = colour;
    pen.lineWidth = width;
    pen.stroke();
    this.numeral(points, i, 1);
  }

  numeral(points, i, alpha) {
    const [x, y] = this.place(points, i);
    this.pen.globalAlpha = alpha;
    this.pen.fillStyle = this.colours[points.label[i]];
    this.pen.fillText(points.label[i], x, y + 0.5);
    this.pen.globalAlpha = 1;
  }
}
