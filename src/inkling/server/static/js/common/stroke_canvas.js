// A canvas of strokes. Finished strokes are cached as a bitmap, so that drawing stays fast with ten thousand strokes.
// When strokes are removed or restored, only their area is repainted.

import { overlap } from "./eraser.js";
import { boxOf, drawStroke } from "./strokes.js";

export class StrokeCanvas {
  #finished = document.createElement("canvas");
  #place = { scale: 1, x: 0, y: 0 };

  // `paper` is the background color, null for none; `colour()` returns the color of the ink.
  constructor(canvas, { paper = null, colour, read = false }) {
    this.canvas = canvas;
    this.paper = paper;
    this.colour = colour;
    this.context = canvas.getContext("2d", { willReadFrequently: read });
    this.cache = this.#finished.getContext("2d", { willReadFrequently: read });
  }

  // Sets the size in pixels and the `place` {scale, x, y} of the drawing. Call `paint` next.
  fit(width, height, place) {
    for (const canvas of [this.canvas, this.#finished]) [canvas.width, canvas.height] = [width, height];
    this.#place = place;
  }

  paint(strokes) {
    const { canvas } = this;
    this.#blank(this.cache, 0, 0, canvas.width, canvas.height);
    this.cache.strokeStyle = this.context.strokeStyle = this.colour(); // until the next `fit` or `paint`
    for (const stroke of strokes) drawStroke(this.cache, stroke, this.#place);
    this.#show();
  }

  // Draws the current stroke from point `start` on.
  extend(points, start) {
    drawStroke(this.context, points, this.#place, start);
  }

  // Redraws a finished stroke as a whole, without the joints of the live stroke.
  finish(points) {
    drawStroke(this.cache, points, this.#place);
    this.#show();
  }

  // Repaints the area of the `changed` strokes.
  repaint(strokes, changed) {
    if (changed.length === 0) return;
    const boxes = changed.map(boxOf);
    const around = {
      left: Math.min(...boxes.map((box) => box.left)),
      right: Math.max(...boxes.map((box) => box.right)),
      top: Math.min(...boxes.map((box) => box.top)),
      bottom: Math.max(...boxes.map((box) => box.bottom)),
    };
    const { cache } = this;
    const { scale, x, y } = this.#place;
    const [left, top] = [Math.floor(x + around.left * scale) - 1, Math.floor(y + around.top * scale) - 1];
    const [right, bottom] = [Math.ceil(x + around.right * scale) + 1, Math.ceil(y + around.bottom * scale) + 1];
    cache.save();
    cache.beginPath();
    cache.rect(left, top, right - left, bottom - top);
    cache.clip();
    this.#blank(cache, left, top, right - left, bottom - top);
    for (const stroke of strokes) if (overlap(boxOf(stroke), around)) drawStroke(cache, stroke, this.#place);
    cache.restore();
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
