// The drawing board: pointer -> strokes -> canvas.

import { drawStroke, reach, widthFor } from "./ink.js";

const SENT_SIDE = 448; // pixels of the shorter side of the picture that is sent: enough detail, few bytes

export class Board {
  #strokes = [];
  #active = null; // {id, points}: the pointer that is drawing
  #place = { scale: 1, x: 0, y: 0 }; // of the canvas, CSS pixels

  // `changed()` is called whenever the ink changes; `touched()` when a stroke begins.
  constructor(canvas, { changed, touched }) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.changed = changed;
    this.touched = touched;
    canvas.addEventListener("pointerdown", (event) => this.#begin(event));
    canvas.addEventListener("pointermove", (event) => this.#extend(event));
    for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) {
      canvas.addEventListener(end, (event) => this.#end(event));
    }
    new ResizeObserver(() => this.#fit()).observe(canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.redraw());
    this.#fit();
  }

  get isEmpty() {
    return this.#strokes.length === 0;
  }

  undo() {
    this.#active = null;
    if (this.#strokes.pop()) this.#update();
  }

  clear() {
    this.#active = null;
    if (this.#strokes.length === 0) return;
    this.#strokes = [];
    this.#update();
  }

  // The ink as a picture, dark on white whatever the colours of the page: {blob, width, height}.
  async snapshot() {
    const { clientWidth, clientHeight } = this.canvas;
    const factor = SENT_SIDE / Math.min(clientWidth, clientHeight);
    const sheet = document.createElement("canvas");
    sheet.width = Math.round(clientWidth * factor);
    sheet.height = Math.round(clientHeight * factor);
    const context = sheet.getContext("2d");
    context.fillStyle = "#fff";
    context.fillRect(0, 0, sheet.width, sheet.height);
    context.strokeStyle = "#000";
    const place = { scale: this.#place.scale * factor, x: sheet.width / 2, y: sheet.height / 2 };
    for (const stroke of this.#strokes) drawStroke(context, stroke, place);
    const blob = await new Promise((done) => sheet.toBlob(done, "image/png"));
    return { blob, width: sheet.width, height: sheet.height };
  }

  redraw() {
    const { canvas, context } = this;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, canvas.width, canvas.height);
    this.#prepare();
    for (const stroke of this.#strokes) drawStroke(context, stroke, this.#place);
  }

  #prepare() {
    const density = this.canvas.width / (this.canvas.clientWidth || 1);
    this.context.setTransform(density, 0, 0, density, 0, 0);
    this.context.strokeStyle = getComputedStyle(this.canvas).color;
  }

  #fit() {
    const { clientWidth, clientHeight } = this.canvas;
    if (!clientWidth || !clientHeight) return; // not laid out yet
    this.canvas.width = Math.round(clientWidth * devicePixelRatio);
    this.canvas.height = Math.round(clientHeight * devicePixelRatio);
    const far = reach(this.#strokes); // what was written stays on the sheet when a phone is turned
    const scale = Math.min(clientWidth, clientHeight, clientWidth / 2 / far.x, clientHeight / 2 / far.y);
    this.#place = { scale, x: clientWidth / 2, y: clientHeight / 2 };
    this.redraw();
  }

  #point(event) {
    const frame = this.canvas.getBoundingClientRect();
    const { scale, x, y } = this.#place;
    return {
      x: (event.clientX - frame.left - x) / scale,
      y: (event.clientY - frame.top - y) / scale,
      width: widthFor(event),
    };
  }

  #begin(event) {
    if (this.#active || event.button !== 0) return; // a second finger or another button does not draw
    this.canvas.setPointerCapture(event.pointerId);
    this.touched();
    const points = [this.#point(event)];
    this.#active = { id: event.pointerId, points };
    this.#strokes.push(points);
    this.#prepare();
    drawStroke(this.context, points, this.#place);
    this.changed();
  }

  #extend(event) {
    if (event.pointerId !== this.#active?.id) return;
    event.preventDefault();
    const { points } = this.#active;
    const before = points.length;
    const events = event.getCoalescedEvents?.() ?? [];
    for (const one of events.length ? events : [event]) {
      const point = this.#point(one);
      const last = points.at(-1);
      if (Math.hypot(point.x - last.x, point.y - last.y) > 0.002) points.push(point);
    }
    if (points.length === before) return;
    this.#prepare();
    drawStroke(this.context, points, this.#place, before - 1);
    this.changed();
  }

  #end(event) {
    if (event.pointerId !== this.#active?.id) return;
    this.#active = null;
    this.redraw(); // once in one go, without the joints of the live line
    this.changed();
  }

  #update() {
    this.redraw();
    this.changed();
  }
}
