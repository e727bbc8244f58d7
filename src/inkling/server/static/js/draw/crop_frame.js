// The frame around the part of a picture to read: drag its corners, edges or inside, draw a new one outside it, or move
// an edge with the arrow keys.

const GAP = 22; // CSS pixels around the picture, so that a finger can reach the handles
const LEAST = { shown: 28, read: 8 }; // shortest side, in CSS pixels and in pixels of the picture
const STEP = { usual: 0.01, shift: 0.05, alt: 0.002 }; // share of a side, for one press of an arrow key
const SIDES = ["left", "top", "right", "bottom"];
const OPPOSITE = { left: "right", right: "left", top: "bottom", bottom: "top" };
const NAMES = { left: "Left edge", top: "Top edge", right: "Right edge", bottom: "Bottom edge" };

export class CropFrame {
  part = null; // as in turned_picture.js
  #whole = null;
  #drag = null; // {id, sides, from: [x, y], part} while a pointer is down

  // `frame` is the element to place, inside `holder`.
  constructor(frame, holder) {
    Object.assign(this, { frame, holder });
    this.edges = Object.fromEntries(SIDES.map((side) => [side, this.#edge(side)]));
    const corners = ["left top", "right top", "right bottom", "left bottom"].map((sides) => this.#handle("i", sides));
    frame.replaceChildren(...Object.values(this.edges), ...corners);
    holder.addEventListener("pointerdown", (event) => this.#down(event));
    holder.addEventListener("pointermove", (event) => this.#move(event));
    for (const end of ["pointerup", "pointercancel"]) holder.addEventListener(end, (event) => event.pointerId === this.#drag?.id && (this.#drag = null));
  }

  // Shows `part` of the picture `whole`.
  set(part, whole) {
    this.part = part;
    this.#whole = whole;
    this.#drag = null;
    this.#show();
  }

  get isWhole() {
    return SIDES.every((side) => Math.abs(this.part[side] - this.#whole[side]) < 0.5);
  }

  // Where the whole picture is in the holder: {left, top, width, height, scale}, in CSS pixels; `scale` is in CSS
  // pixels per pixel of the picture.
  place() {
    const { clientWidth, clientHeight } = this.holder;
    const [w, h] = [this.#whole.right - this.#whole.left, this.#whole.bottom - this.#whole.top];
    const scale = Math.max(0.001, Math.min((clientWidth - 2 * GAP) / w, (clientHeight - 2 * GAP) / h));
    const [width, height] = [w * scale, h * scale];
    return { left: (clientWidth - width) / 2, top: (clientHeight - height) / 2, width, height, scale };
  }

  focus() {
    this.edges.left.focus({ preventScroll: true });
  }

  #show() {
    const percent = (side) => Math.round(100 * this.#share(side));
    const { left, top, width, height } = this.place();
    const at = (side) => `${side === "left" || side === "right" ? left + this.#share(side) * width : top + this.#share(side) * height}px`;
    for (const side of SIDES) {
      this.frame.style.setProperty(`--${side}`, at(side));
      this.edges[side].setAttribute("aria-valuenow", percent(side));
      this.edges[side].setAttribute("aria-valuetext", `${percent(side)} % from the ${side === "left" || side === "right" ? "left" : "top"}`);
    }
  }

  // The position of a side: 0 at the left or top of the whole picture, 1 at its right or bottom.
  #share(side) {
    const [low, high] = axisOf(side);
    return (this.part[side] - this.#whole[low]) / (this.#whole[high] - this.#whole[low]);
  }

  #edge(side) {
    const edge = this.#handle("div", side);
    const [low] = axisOf(side);
    const attributes = { role: "slider", tabindex: "0", "aria-label": NAMES[side], "aria-valuemin": "0", "aria-valuemax": "100", "aria-orientation": low === "left" ? "horizontal" : "vertical" };
    for (const [name, value] of Object.entries(attributes)) edge.setAttribute(name, value);
    edge.addEventListener("keydown", (event) => this.#key(event, side));
    return edge;
  }

  #handle(tag, sides) {
    const handle = document.createElement(tag);
    handle.dataset.sides = sides;
    return handle;
  }

  #key(event, side) {
    const [low, high] = axisOf(side);
    const length = this.#whole[high] - this.#whole[low];
    const step = length * (event.shiftKey ? STEP.shift : event.altKey ? STEP.alt : STEP.usual);
    const moves = { ArrowLeft: -step, ArrowUp: -step, ArrowRight: step, ArrowDown: step, Home: -length, End: length };
    if (!(event.key in moves)) return;
    event.preventDefault();
    event.stopPropagation();
    this.#pull({ ...this.part, [side]: this.part[side] + moves[event.key] }, [side]);
  }

  #down(event) {
    if (this.#drag || event.button !== 0) return;
    const from = this.#point(event);
    const sides = event.target.dataset.sides?.split(" ") ?? [];
    const isInside = event.target === this.frame && !this.isWhole;
    this.holder.setPointerCapture(event.pointerId);
    this.#drag = { id: event.pointerId, from, part: this.part, sides, isNew: sides.length === 0 && !isInside };
    event.target.closest("[role=slider]")?.focus({ preventScroll: true });
    event.preventDefault();
  }

  #move(event) {
    if (event.pointerId !== this.#drag?.id) return;
    const { from, part, sides, isNew } = this.#drag;
    const [x, y] = this.#point(event);
    const [dx, dy] = [x - from[0], y - from[1]];
    const { scale } = this.place();
    if (isNew) {
      if (Math.hypot(dx, dy) * scale < 8) return; // a tap draws no frame
      const drawn = { left: Math.min(x, from[0]), right: Math.max(x, from[0]), top: Math.min(y, from[1]), bottom: Math.max(y, from[1]) };
      this.#pull(drawn, [dx < 0 ? "left" : "right", dy < 0 ? "top" : "bottom"]);
    } else if (sides.length > 0) {
      const moved = Object.fromEntries(sides.map((side) => [side, part[side] + (axisOf(side)[0] === "left" ? dx : dy)]));
      this.#pull({ ...part, ...moved }, sides);
    } else {
      this.#shift(part, dx, dy);
    }
  }

  #shift(part, dx, dy) {
    const along = (low, high, by) => Math.min(Math.max(by, this.#whole[low] - part[low]), this.#whole[high] - part[high]);
    const [x, y] = [along("left", "right", dx), along("top", "bottom", dy)];
    this.part = { left: part.left + x, right: part.right + x, top: part.top + y, bottom: part.bottom + y };
    this.#show();
  }

  // Sets the part after its `sides` were moved, so that it is inside the picture and no side is shorter than LEAST.
  #pull(part, sides) {
    const next = { ...part };
    for (const side of SIDES) {
      const [low, high] = axisOf(side);
      next[side] = Math.min(Math.max(next[side], this.#whole[low]), this.#whole[high]);
    }
    for (const side of sides) {
      const [low, high] = axisOf(side);
      const least = Math.min(Math.max(LEAST.read, LEAST.shown / this.place().scale), this.#whole[high] - this.#whole[low]);
      if (next[high] - next[low] >= least) continue;
      next[side] = next[OPPOSITE[side]] + (side === low ? -least : least);
      const over = Math.max(0, this.#whole[low] - next[low]) - Math.max(0, next[high] - this.#whole[high]);
      next[low] += over;
      next[high] += over;
    }
    this.part = next;
    this.#show();
  }

  // The position of a pointer in the picture's coordinates.
  #point(event) {
    const box = this.holder.getBoundingClientRect();
    const { left, top, scale } = this.place();
    return [this.#whole.left + (event.clientX - box.left - left) / scale, this.#whole.top + (event.clientY - box.top - top) / scale];
  }
}

// A side and the opposite one, the left or top one first.
function axisOf(side) {
  return side === "left" || side === "right" ? ["left", "right"] : ["top", "bottom"];
}
