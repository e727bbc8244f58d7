// The drawing board: turns pointer events into strokes on a canvas.

import { STEPS_KEPT } from "./drawing.js";
import { erase, ERASER_WIDTH } from "./eraser.js";
import { UndoHistory } from "./undo_history.js";
import { PEN_WIDTH, reach, strokeWidth } from "./strokes.js";
import { greyPng, pixelsOf } from "./png.js";
import { StrokeCanvas } from "./stroke_canvas.js";

const SENT_SIDE = 150; // most pixels per unit of the image that is read; 320 would not improve the reading
const SENT_HALF = { least: 0.5, margin: 0.05, step: 0.125, most: 4.25 }; // units from that image's middle to its sides
const STEP = 0.002; // units: shorter moves are ignored
const ERASER_BUTTON = 5; // the eraser button of a pen (Pointer Events, 10.1)

export class Board {
  tool = "pen"; // or "eraser"
  penWidth = PEN_WIDTH;
  #history = new UndoHistory();
  #active = null; // the stroke that is being drawn or erased: {id, erasing, points, before, last}
  #place = { scale: 1, x: 0, y: 0 }; // CSS pixels per unit, and the drawing's middle on the canvas in CSS pixels
  #half = { x: 0, y: 0 }; // half the width and height of the image that is read, in units

  // `changed()` is called each time the ink changes, `touched()` when a stroke begins.
  constructor(canvas, { changed, touched }) {
    this.canvas = canvas;
    this.changed = changed;
    this.touched = touched;
    this.visible = new StrokeCanvas(canvas, { colour: () => getComputedStyle(canvas).color });
    this.sent = new StrokeCanvas(document.createElement("canvas"), { paper: "#fff", colour: () => "#000", read: true });
    canvas.addEventListener("pointerdown", (event) => this.#pointerDown(event));
    canvas.addEventListener("pointermove", (event) => this.#pointerMove(event));
    for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) {
      canvas.addEventListener(end, (event) => event.pointerId === this.#active?.id && this.end());
    }
    new ResizeObserver(() => this.#fit()).observe(canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.redraw());
    this.#fit();
  }

  get strokes() {
    return this.#history.strokes;
  }

  get isEmpty() {
    return this.strokes.length === 0;
  }

  get isDrawing() {
    return this.#active !== null;
  }

  get canUndo() {
    return this.#history.canUndo;
  }

  get canRedo() {
    return this.#history.canRedo;
  }

  undo() {
    this.end();
    this.#repaint(this.#history.undo());
  }

  redo() {
    this.end();
    this.#repaint(this.#history.redo());
  }

  // This can be undone, like every change except `load`.
  clear() {
    this.end();
    if (!this.isEmpty) this.replace([]);
  }

  replace(strokes) {
    this.end();
    this.#history.replace(strokes);
    this.#fit();
    this.changed();
  }

  // Replaces the strokes and the undo history.
  load(strokes) {
    this.#active = null;
    this.#history.reset(strokes);
    this.#fit();
    this.changed();
  }

  // Draws or erases one stroke: call `begin`, `extend` any number of times, then `end`. Points are in units; `id` is
  // the pointer's ID.
  begin(point, { id = null, erasing = this.tool === "eraser" } = {}) {
    this.touched();
    point = keepable(point);
    this.#active = { id, erasing, points: [point], before: this.strokes, last: point };
    if (erasing) {
      this.#erase([point]);
    } else {
      this.#history.add(this.#active.points);
      this.#extendLine(0);
    }
  }

  extend(points) {
    if (this.#active.erasing) {
      this.#erase(points);
      return;
    }
    const own = this.#active.points;
    const before = own.length;
    for (const point of points.map(keepable)) {
      const last = own.at(-1);
      if (Math.hypot(point.x - last.x, point.y - last.y) > STEP) own.push(point);
    }
    if (own.length > before) this.#extendLine(before - 1);
  }

  end() {
    if (!this.#active) return;
    const { erasing, points, before } = this.#active;
    this.#active = null;
    if (!erasing) for (const surface of [this.visible, this.sent]) surface.finish(points);
    else if (this.strokes !== before) this.#history.replace(this.strokes, before);
    else return;
    this.changed();
  }

  // The ink as ImageData, dark on white in any color scheme.
  pixels() {
    return pixelsOf(this.sent.canvas);
  }

  // The ink as a PNG: {blob, width, height}.
  async snapshot() {
    const { width, height } = this.sent.canvas;
    return { blob: await greyPng(this.sent.canvas), width, height };
  }

  // Where the image that is read lies on the canvas: {left, top, width, height}, in CSS pixels.
  get frame() {
    const { scale, x, y } = this.#place;
    const [width, height] = [2 * this.#half.x * scale, 2 * this.#half.y * scale];
    return { left: x - width / 2, top: y - height / 2, width, height };
  }

  // The size in pixels of the image that is read, and the `place` {scale, x, y} of the drawing in it.
  get sentView() {
    return viewOf(this.#half);
  }

  // The image that would be read if the board held these strokes: a canvas, dark on white.
  imageOf(strokes) {
    const surface = new StrokeCanvas(document.createElement("canvas"), { paper: "#fff", colour: () => "#000", read: true });
    const { width, height, place } = viewOf(halfOf(reach(strokes)));
    surface.fit(width, height, place);
    surface.paint(strokes);
    return surface.canvas;
  }

  redraw() {
    for (const surface of [this.visible, this.sent]) surface.paint(this.strokes);
  }

  // Converts a point from units to CSS pixels of the canvas, and back.
  toPixels({ x, y }) {
    const { scale, x: left, y: top } = this.#place;
    return { x: left + x * scale, y: top + y * scale, scale };
  }

  toUnits(x, y) {
    const { scale, x: left, y: top } = this.#place;
    return { x: (x - left) / scale, y: (y - top) / scale };
  }

  #extendLine(start) {
    const { points } = this.#active;
    this.visible.extend(points, start);
    if (this.#fitSent(reach([points.slice(start)]), this.#half)) this.sent.paint(this.strokes);
    else this.sent.extend(points, start);
    this.changed();
  }

  #erase(points) {
    const all = [];
    let { strokes } = this;
    for (const point of points) {
      const result = erase(strokes, this.#active.last, point);
      this.#active.last = point;
      strokes = result.strokes;
      all.push(...result.changed);
    }
    if (all.length === 0) return;
    this.#history.strokes = strokes; // recorded as one change when the eraser is lifted
    this.#repaint(all);
  }

  #repaint(changed) {
    if (changed.length === 0) return;
    this.visible.repaint(this.strokes, changed);
    if (this.#fitSent(reach(this.strokes))) this.sent.paint(this.strokes);
    else this.sent.repaint(this.strokes, changed);
    this.changed();
  }

  #fit() {
    const { clientWidth, clientHeight } = this.canvas;
    if (!clientWidth || !clientHeight) return; // not laid out yet
    const far = reach(this.strokes); // all ink stays visible when a phone is rotated
    const scale = Math.min(clientWidth, clientHeight, clientWidth / 2 / far.x, clientHeight / 2 / far.y);
    this.#place = { scale, x: clientWidth / 2, y: clientHeight / 2 };
    const [width, height] = [clientWidth, clientHeight].map((side) => Math.round(side * devicePixelRatio));
    this.visible.fit(width, height, { scale: scale * devicePixelRatio, x: width / 2, y: height / 2 });
    this.#fitSent(far);
    this.redraw();
  }

  // The image that is read depends only on the ink, so that every board reads the same ink alike: it is a square around
  // the middle, or wider or higher if there is ink outside that square. `far`: how far the ink reaches; `least`: the
  // smallest half sides. Returns whether the image's size has changed.
  #fitSent(far, least) {
    const half = halfOf(far, least);
    if (half.x === this.#half.x && half.y === this.#half.y) return false;
    this.#half = half;
    const { width, height, place } = this.sentView;
    this.sent.fit(width, height, place);
    return true;
  }

  #point(event) {
    const frame = this.canvas.getBoundingClientRect();
    const place = this.toUnits(event.clientX - frame.left, event.clientY - frame.top);
    return { ...place, width: strokeWidth(event, this.penWidth) };
  }

  // A browser may send a touch beside the canvas to the canvas, because a finger is broad. Such a touch must not draw.
  #isOn({ clientX: x, clientY: y }) {
    const { left, right, top, bottom } = this.canvas.getBoundingClientRect();
    return x >= left && x <= right && y >= top && y <= bottom;
  }

  #pointerDown(event) {
    if (this.#active || ![0, ERASER_BUTTON].includes(event.button)) return; // a second finger or button does not draw
    if (!this.#isOn(event)) return;
    const erasing = event.button === ERASER_BUTTON || this.tool === "eraser";
    this.canvas.setPointerCapture(event.pointerId);
    this.begin(this.#point(event), { id: event.pointerId, erasing });
  }

  #pointerMove(event) {
    if (event.pointerId !== this.#active?.id) return;
    event.preventDefault();
    const events = event.getCoalescedEvents?.() ?? [];
    this.extend((events.length ? events : [event]).map((one) => this.#point(one)));
  }
}

// Units from the middle to the sides of the image that is read.
function halfOf(far, least = { x: SENT_HALF.least, y: SENT_HALF.least }) {
  const half = (axis) => Math.max(least[axis], Math.ceil((far[axis] + SENT_HALF.margin) / SENT_HALF.step) * SENT_HALF.step);
  return { x: half("x"), y: half("y") };
}

function viewOf({ x, y }) {
  const scale = SENT_SIDE * Math.min(1, SENT_HALF.most / Math.max(x, y));
  const [width, height] = [x, y].map((side) => Math.round(2 * side * scale));
  return { width, height, place: { scale, x: width / 2, y: height / 2 } };
}

// A point rounded as in the browser's storage and in all but coarse links, so that a drawing has the same ink when it
// is opened again.
function keepable({ x, y, width }) {
  const kept = (value) => Math.round(value * STEPS_KEPT) / STEPS_KEPT;
  return { x: kept(x), y: kept(y), width: kept(width) };
}

export { ERASER_WIDTH };
