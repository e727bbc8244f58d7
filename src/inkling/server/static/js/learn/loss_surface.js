// Logistic regression with one weight and one bias that tells 0 from 1 by the amount of ink: its loss surface, and
// gradient descent on that surface.

import { loadDigits } from "../common/test_digits.js";
import { choice, colour, drawCircle, partsOf, responsiveCanvas, SIDE, slider, watchCells } from "./widgets.js";
import { stroke } from "./line_chart.js";
import { optimizer } from "./trainable_network.js";

const RATES = [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100];
const RANGE = { w: [-22, 4], b: [-5, 21] }; // of the axes
const CELLS = 41; // per side, for the arrow keys
const START = { w: [-2], b: [10] };
const BANDS = 14;

export async function begin(section) {
  const { controls, chart, status, once, often, back } = partsOf(section);
  const digits = await loadDigits();
  const examples = [...digits.labels.keys()].filter((i) => digits.labels[i] < 2).map((i) => ({ x: inkOf(digits, i), y: digits.labels[i] }));
  let path, point, steps, advance;
  let kind = "sgd";

  const restart = ({ w, b }) => {
    point = { w: Float64Array.from(w), b: Float64Array.from(b) };
    path = [[point.w[0], point.b[0]]];
    steps = 0;
    advance = optimizer(kind, RATES[rate.value]);
    show();
  };
  const takeSteps = (n) => {
    for (let i = 0; i < n; i++, steps++) {
      advance(point, lossAndGradient(examples, point).gradient);
      path.push([point.w[0], point.b[0]]);
    }
    show();
  };
  const show = () => {
    again();
    const { loss, gradient, right } = lossAndGradient(examples, point);
    const outside = ["w", "b"].some((name) => point[name][0] < RANGE[name][0] || point[name][0] > RANGE[name][1]);
    status.textContent = `${steps === 1 ? "1 step" : `${steps} steps`}: weight ${format(point.w[0])}, bias ${format(point.b[0])}, loss ${loss.toFixed(3)}, ${right} of ${examples.length} right. The slope of the loss is ${format(gradient.w[0], 3)} for the weight and ${format(gradient.b[0], 3)} for the bias.${outside ? " This is outside the map: the steps are too large." : ""}`;
    Object.assign(section.dataset, { loss, steps });
  };

  const rate = slider({ label: "Learning rate", min: 0, max: RATES.length - 1, step: 1, value: 4, format: (i) => String(RATES[i]), change: () => restart(at()) });
  const at = () => ({ w: [path[0][0]], b: [path[0][1]] }); // the starting point
  const optimizerChoice = choice({
    label: "Steps",
    options: { sgd: "plain (gradient descent)", adam: "Adam" },
    value: kind,
    change: (value) => {
      kind = value;
      restart(at());
    },
  });
  controls.append(rate.element, optimizerChoice);
  const map = lossSurface(examples);
  const again = responsiveCanvas(chart, [1.25, 1.1], (context, width, height) => path && draw(context, width, height, { map, path }));
  watchCells(chart, {
    columns: CELLS,
    rows: CELLS,
    at: () => [cellOf("w", path[0][0]), CELLS - 1 - cellOf("b", path[0][1])],
    choose: (column, row, how) => {
      if (how === "hover") return;
      const value = (name, cell) => RANGE[name][0] + (cell / (CELLS - 1)) * (RANGE[name][1] - RANGE[name][0]);
      restart({ w: [value("w", column)], b: [value("b", CELLS - 1 - row)] });
    },
  });
  once.addEventListener("click", () => takeSteps(1));
  often.addEventListener("click", () => takeSteps(25));
  back.addEventListener("click", () => restart(START));
  restart(START);
}

const format = (value, digits = 2) => value.toFixed(digits).replace("-", "−");

function cellOf(name, value) {
  const [low, high] = RANGE[name];
  return Math.max(0, Math.min(CELLS - 1, Math.round(((value - low) / (high - low)) * (CELLS - 1))));
}

// The amount of ink of a digit, in hundreds of full pixels.
function inkOf(digits, i) {
  return digits.images.subarray(i * SIDE * SIDE, (i + 1) * SIDE * SIDE).reduce((sum, ink) => sum + ink, 0) / 25500;
}

// Logistic regression, p(1) = 1 / (1 + e^-(w x + b)): {loss, gradient, right}. The loss, log(1 + e^-m), is computed
// without overflow.
export function lossAndGradient(examples, { w, b }) {
  const gradient = { w: new Float64Array(1), b: new Float64Array(1) };
  let [loss, right] = [0, 0];
  for (const { x, y } of examples) {
    const z = w[0] * x + b[0];
    const margin = y ? z : -z;
    loss += (Math.max(0, -margin) + Math.log1p(Math.exp(-Math.abs(margin)))) / examples.length;
    const error = (1 / (1 + Math.exp(-z)) - y) / examples.length;
    gradient.w[0] += error * x;
    gradient.b[0] += error;
    right += z > 0 === (y === 1);
  }
  return { loss, gradient, right };
}

// The logarithm of the loss at every point of a grid, as depth 0..1: the lowest loss has depth 1.
function lossSurface(examples) {
  const n = 140;
  const losses = Float32Array.from({ length: n * n }, (_, i) => {
    const [column, row] = [i % n, Math.floor(i / n)];
    const w = RANGE.w[0] + ((column + 0.5) / n) * (RANGE.w[1] - RANGE.w[0]);
    const b = RANGE.b[1] - ((row + 0.5) / n) * (RANGE.b[1] - RANGE.b[0]);
    return Math.log(lossAndGradient(examples, { w: [w], b: [b] }).loss);
  });
  const [low, high] = [losses.reduce((a, b) => Math.min(a, b)), losses.reduce((a, b) => Math.max(a, b))];
  return { n, depth: losses.map((loss) => (1 - (loss - low) / (high - low)) ** 1.4) };
}

function draw(context, width, height, { map, path }) {
  context.imageSmoothingEnabled = true;
  context.drawImage(picture(map, colour("blue")), 0, 0, width, height);
  const at = ([w, b]) => [
    ((w - RANGE.w[0]) / (RANGE.w[1] - RANGE.w[0])) * width,
    (1 - (b - RANGE.b[0]) / (RANGE.b[1] - RANGE.b[0])) * height,
  ];
  for (const [name, thickness] of [["paper", 5], ["ochre", 2.5]]) {
    stroke(context, path.map(at), { shade: name, thickness });
  }
  path.forEach((each, i) => drawCircle(context, at(each), i === path.length - 1 ? 8 : i === 0 ? 5 : 2.5, { fill: "ochre", edge: "paper", thickness: 1.5 }));
  context.font = `13px ${getComputedStyle(document.body).fontFamily}`;
  for (const [text, x, y, align] of [["weight →", width - 10, height - 14, "right"], ["↑ bias", 10, 16, "left"]]) {
    context.textAlign = align;
    context.textBaseline = "middle";
    const wide = context.measureText(text).width;
    context.fillStyle = colour("paper");
    context.fillRect(align === "left" ? x - 4 : x - wide - 4, y - 10, wide + 8, 20);
    context.fillStyle = colour("text");
    context.fillText(text, x, y);
  }
}

// The surface in bands of one color, cached until the page's colors change.
function picture(map, shade) {
  if (map.shade === shade) return map.image;
  const { n, depth } = map;
  const image = new OffscreenCanvas(n, n);
  const context = image.getContext("2d");
  context.fillStyle = shade;
  for (let i = 0; i < n * n; i++) {
    context.globalAlpha = Math.min(1, Math.floor(depth[i] * BANDS) / BANDS);
    context.fillRect(i % n, Math.floor(i / n), 1, 1);
  }
  Object.assign(map, { image, shade });
  return image;
}
