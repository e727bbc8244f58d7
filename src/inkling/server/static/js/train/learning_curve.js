// A learning curve: training and held-out values over the epochs, with a cursor moved by pointer or arrow keys.

import { lossAxis, shareAxis, wholeTicks } from "./axes.js";
import { lossText, percent } from "./number_format.js";

const SVG = "http://www.w3.org/2000/svg";
const MARGIN = { left: 46, right: 14, top: 10, bottom: 26 };
const KINDS = {
  loss: { axis: lossAxis, format: lossText },
  share: { axis: shareAxis, format: percent },
};

export class LearningCurve {
  #lines = { training: [], heldOut: [] }; // [[epochs, value], ...]
  #epochs = 1;
  #at = null; // epochs at the cursor; null for the latest

  constructor(host, kind) {
    this.kind = KINDS[kind];
    this.readout = make("p", "readout");
    this.plot = make("div", "plot");
    this.plot.tabIndex = 0;
    this.plot.setAttribute("role", "slider");
    this.plot.setAttribute("aria-label", `${host.querySelector("h2").textContent} over the epochs; arrow keys move the cursor`);
    this.svg = document.createElementNS(SVG, "svg");
    this.svg.setAttribute("aria-hidden", "true");
    this.plot.append(this.svg);
    host.append(this.readout, this.plot);
    this.plot.addEventListener("pointermove", (event) => this.#read(this.#epochsAt(event)));
    this.plot.addEventListener("pointerleave", () => this.#read(null));
    this.plot.addEventListener("blur", () => this.#read(null));
    this.plot.addEventListener("keydown", (event) => this.#step(event));
    new ResizeObserver(() => this.draw()).observe(this.plot);
  }

  show({ training, heldOut, epochs }) {
    this.#lines = { training, heldOut };
    this.#epochs = Math.max(1, epochs);
    this.draw();
  }

  draw() {
    const { clientWidth: width, clientHeight: height } = this.plot;
    if (!width) return;
    const { training, heldOut } = this.#lines;
    const axis = this.kind.axis([...training, ...heldOut].map(([, value]) => value));
    const inner = { width: width - MARGIN.left - MARGIN.right, height: height - MARGIN.top - MARGIN.bottom };
    const x = (epochs) => MARGIN.left + (epochs / this.#epochs) * inner.width;
    const y = (value) => MARGIN.top + (1 - axis.part(value)) * inner.height;
    const parts = [];
    for (const { value, text } of axis.ticks) {
      parts.push(line("grid", MARGIN.left, y(value), width - MARGIN.right, y(value)));
      parts.push(label("tick end", MARGIN.left - 8, y(value) + 4, text));
    }
    for (const epoch of wholeTicks(this.#epochs)) parts.push(label("tick middle", x(epoch), height - 8, epoch));
    parts.push(label("tick end", MARGIN.left - 8, height - 8, "epoch"));
    parts.push(path("training", training, x, y), path("held-out", heldOut, x, y));
    for (const [epochs, value] of heldOut) if (value !== null) parts.push(dot("held-out", x(epochs), y(value)));
    if (this.#at !== null) {
      parts.push(line("reader", x(this.#at), MARGIN.top, x(this.#at), height - MARGIN.bottom));
      for (const [name, points] of Object.entries({ training, "held-out": heldOut })) {
        const point = nearest(points, this.#at);
        if (point && point[1] !== null) parts.push(dot(`${name} big`, x(point[0]), y(point[1])));
      }
    }
    this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.svg.replaceChildren(...parts);
    this.#describe();
  }

  #describe() {
    const end = this.#at ?? this.#lines.training.at(-1)?.[0] ?? 0;
    const [training, heldOut] = [nearest(this.#lines.training, end), nearest(this.#lines.heldOut, end)];
    const words = [
      item("training", "training", training && this.kind.format(training[1])),
      item("held-out", "held out", heldOut && this.kind.format(heldOut[1])),
    ];
    const where = make("span", "where");
    where.textContent = this.#at === null ? "" : `epoch ${end.toFixed(1)}`;
    this.readout.replaceChildren(...words, where);
    this.plot.setAttribute("aria-valuemin", "0");
    this.plot.setAttribute("aria-valuemax", String(this.#epochs));
    this.plot.setAttribute("aria-valuenow", end.toFixed(2));
    const text = (point) => (point ? this.kind.format(point[1]) : "nothing yet");
    this.plot.setAttribute(
      "aria-valuetext",
      `epoch ${end.toFixed(1)}: ${text(training)} on training images, ${text(heldOut)} on held-out images`,
    );
  }

  #read(at) {
    this.#at = at;
    this.draw();
  }

  #step(event) {
    const last = this.#lines.training.at(-1)?.[0] ?? 0;
    const by = { ArrowLeft: -0.1, ArrowRight: 0.1, PageDown: -1, PageUp: 1, Home: -Infinity, End: Infinity }[event.key];
    if (event.key === "Escape") return this.#read(null);
    if (by === undefined) return undefined;
    event.preventDefault();
    const step = Math.abs(by) === 0.1 ? by * Math.max(1, this.#epochs / 10) : by;
    return this.#read(Math.min(last, Math.max(0, (this.#at ?? last) + step)));
  }

  #epochsAt(event) {
    const frame = this.plot.getBoundingClientRect();
    const part = (event.clientX - frame.left - MARGIN.left) / (frame.width - MARGIN.left - MARGIN.right);
    return Math.min(1, Math.max(0, part)) * this.#epochs;
  }
}

function nearest(points, epochs) {
  let best = null;
  for (const point of points) if (!best || Math.abs(point[0] - epochs) < Math.abs(best[0] - epochs)) best = point;
  return best;
}

function make(tag, name) {
  const element = document.createElement(tag);
  element.className = name;
  return element;
}

function item(name, words, value) {
  const element = make("span", name);
  element.textContent = `${words} `;
  const strong = document.createElement("strong");
  strong.textContent = value ?? "–";
  element.append(strong);
  return element;
}

function shape(tag, name, attributes) {
  const element = document.createElementNS(SVG, tag);
  element.setAttribute("class", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

const line = (name, x1, y1, x2, y2) => shape("line", name, { x1, y1, x2, y2 });
const dot = (name, cx, cy) => shape("circle", `dot ${name}`, { cx, cy, r: 3.5 });

function label(name, x, y, text) {
  const element = shape("text", name, { x, y });
  element.textContent = text;
  return element;
}

function path(name, points, x, y) {
  let d = "";
  let pen = "M";
  for (const [epochs, value] of points) {
    if (value === null) pen = "M"; // gap where the loss is NaN
    else {
      d += `${pen}${x(epochs).toFixed(1)} ${y(value).toFixed(1)}`;
      pen = "L";
    }
  }
  return shape("path", `line ${name}`, { d });
}
