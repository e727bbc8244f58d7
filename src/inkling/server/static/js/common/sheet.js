// A bitmap of strokes. What is finished is painted once and kept, so that ten thousand strokes cost a moving pen
// nothing; where something is taken away, only that place is painted again.

import { overlap } from "./eraser.js";
import { boxOf, drawStroke } from "./ink.js";

export class Sheet {
  #finished = document.createElement("canvas");
  #place = { scale: 1, x: 0, y: 0 };

  // `paper` is the colour of the ground, null for none; `colour()` that of the ink.
  constructor(canvas, { paper = null, colour, read = false }) {
    this.canvas = canvas;
    this.paper = paper;
    this.colour = colour;
    this.context = canvas.getContext("2d", { willReadFrequently: read });
    this.kept = this.#finished.getContext("2d", { willReadFrequently: read });
  }

  // Pixels, and the `place` {scale, x, y} of the drawing in them.
  fit(width, height, place) {
    for (const canvas of [this.canvas, this.#finished]) [canvas.width, canvas.height] = [width, height];
    this.#place = place;
  }

  paint(strokes) {
    const { canvas } = this;
    this.#blank(this.kept, 0, 0, canvas.width, canvas.height);
    this.kept.strokeStyle = this.colour();
    for (const stroke of strokes) drawStroke(this.kept, stroke, this.#place);
    this.#show();
  }

  // The line that is being drawn, from point `start` on.
  extend(points, start) {
    this.context.strokeStyle = this.colour();
    drawStroke(this.context, points, this.#place, start);
  }

  // The line is done: once in one go, without the joints of the live line.
  finish(points) {
    this.kept.strokeStyle = this.colour();
    drawStroke(this.kept, points, this.#place);
    this.#show();
  }

  // Paints again what lies where the `changed` strokes are or were.
  repaint(strokes, changed) {
    if (changed.length === 0) return;
    const boxes = changed.map(boxOf);
    const around = {
      left: Math.min(...boxes.map((box) => box.left)),
      right: Math.max(...boxes.map((box) => box.right)),
      top: Math.min(...boxes.map((box) => box.top)),
      bottom: Math.max(...boxes.map((box) => box.bottom)),
    };
    const { kept } = this;
    const { scale, x, y } = this.#place;
    const [left, top] = [Math.floor(x + around.left * scale) - 1, Math.floor(y + around.top * scale) - 1];
    const [right, bottom] = [Math.ceil(x + around.right * scale) + 1, Math.ceil(y + around.bottom * scale) + 1];
    kept.save();
    kept.beginPath();
    kept.rect(left, top, right - left, bottom - top);
    kept.clip();
    this.#blank(kept, left, top, right - left, bottom - top);
    kept.strokeStyle = this.colour();
    for (const stroke of strokes) if (overlap(boxOf(stroke), around)) drawStroke(kept, stroke, this.#place);
    kept.restore();
    this.#show();
  }

  #blank(context, ...frame) {
    context.clearRect(...frame);
    if (!this.paper) return;
    context.fillStyle = this.paper;
    context.fillRect(...frame);
  }

  #show() {
    const { canvas, context } = this;
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.drawImage(this.#finished, 0, 0);
  }
}
