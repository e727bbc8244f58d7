// A curve that can be bent by hand, and a real small network that learns it live: with ReLU, or without.

import { stroke } from "./chart.js";
import { curveAt, curveGradient, makeCurveNet, straightest } from "./curvenet.js";
import { choice, colour, drawn, isStill, partsOf, slider, tick, walk } from "./parts.js";
import { optimizer, randomFrom } from "./tinynet.js";

const KNOTS = 9; // of the curve that is to be learnt
const POINTS = 65; // on it, that are learnt from
const ROWS = 41; // heights that a knot can have
const RATE = 0.02;
const [MOST_STEPS, STEPS_A_FRAME, FRAME_MS] = [2000, 12, 10];
const RESTS = [1, 0.2, 0.04]; // of the rate: steps that shrink, so that it comes to rest
const START = [0.5, 0.78, 0.82, 0.6, 0.3, 0.18, 0.34, 0.7, 0.62];

export function begin(section) {
  const { knobs, chart, said, again, flat } = partsOf(section);
  let knots = [...START];
  let held = 4; // the knot that the keys move
  let run = null; // {network, advance, step, loss}
  let frame = null;
  let depth = 1;
  let luck = 1;

  const target = () => Array.from({ length: POINTS }, (_, i) => [i / (POINTS - 1), between(knots, i / (POINTS - 1))]);
  const fresh = () => {
    const sizes = [1, ...Array(depth).fill(neurons.value), 1];
    run = { network: makeCurveNet(sizes, randomFrom(luck)), step: 0, loss: NaN };
    go();
  };
  const go = () => {
    run.step = 0;
    run.goal = target();
    cancelAnimationFrame(frame);
    run.optimizers = RESTS.map((part) => optimizer("adam", part * RATE));
    frame = requestAnimationFrame(tock);
    show();
  };
  const advance = () => {
    const until = performance.now() + FRAME_MS;
    for (let i = 0; (i < STEPS_A_FRAME || isStill()) && run.step < MOST_STEPS && performance.now() < until; i++, run.step++) {
      const { loss, gradient } = curveGradient(run.network, run.goal, relu.checked);
      run.loss = loss;
      run.optimizers[Math.floor((RESTS.length * run.step) / MOST_STEPS)](run.network, gradient);
    }
  };
  const tock = () => {
    advance();
    if (!isStill() || run.step === MOST_STEPS) show(); // without motion: the end alone
    if (run.step < MOST_STEPS) frame = requestAnimationFrame(tock);
  };
  const show = () => {
    redraw();
    said.setAttribute("aria-live", run.step < MOST_STEPS ? "off" : "polite"); // told once it rests
    const off = Math.sqrt(run.loss || 0).toFixed(3);
    const [a, b] = straightest(run.goal);
    const best = Math.sqrt(run.goal.reduce((sum, [x, y]) => sum + (a + b * x - y) ** 2, 0) / POINTS).toFixed(3);
    const n = neurons.value * depth;
    const many = n === 1 ? "One neuron" : `${n} neurons`;
    const where = run.step < MOST_STEPS ? `After ${run.step} steps` : "At rest";
    said.textContent = relu.checked
      ? `${many} with ReLU. ${where}: ${off} off, typically. The best straight line would be ${best} off.`
      : `${many} without ReLU. ${where}: a straight line, ${off} off. The best straight line there is: ${best} off.`;
    Object.assign(section.dataset, { step: run.step, off, best });
  };

  const neurons = slider({ label: "Neurons a layer", min: 1, max: 16, step: 1, value: 6, change: fresh });
  const relu = tick({ label: "ReLU", checked: true, change: fresh });
  const layers = choice({
    label: "Hidden layers",
    options: { 1: "1", 2: "2", 3: "3" },
    value: 1,
    change: (value) => {
      depth = Number(value);
      fresh();
    },
  });
  knobs.append(neurons.element, layers, relu.element);
  const redraw = drawn(chart, [2.1, 1.4], (context, width, height) => {
    if (!run) return;
    const at = ([x, y]) => [(0.03 + 0.94 * x) * width, (0.04 + 0.92 * (1 - y)) * height];
    stroke(context, run.goal.map(at), { shade: "quiet", thickness: 2, dash: [2, 5] });
    const curve = Array.from({ length: 161 }, (_, i) => [i / 160, curveAt(run.network, i / 160, relu.checked)]);
    context.save();
    context.beginPath();
    context.rect(0, 0, width, height);
    context.clip();
    stroke(context, curve.map(at), { shade: "blue", thickness: 3 });
    context.restore();
    if (relu.checked && depth === 1) for (const x of corners(run.network)) stroke(context, [[at([x, 0])[0], height - 9], [at([x, 0])[0], height - 1]], { shade: "blue", thickness: 2 });
    knots.forEach((y, i) => dot(context, at([i / (KNOTS - 1), y]), i === held));
  });
  walk(chart, {
    columns: KNOTS,
    rows: ROWS,
    at: () => [held, Math.round((1 - knots[held]) * (ROWS - 1))],
    choose: (column, row, how) => {
      if (how === "hover") return;
      const own = Math.round((1 - knots[column]) * (ROWS - 1));
      const sideways = how === "key" && column !== held;
      held = column;
      if (sideways || row === own) return show(); // another knot is taken in hand, and stays where it is
      knots[column] = 1 - row / (ROWS - 1);
      go();
    },
  });
  again.addEventListener("click", () => {
    luck++;
    fresh();
  });
  flat.addEventListener("click", () => {
    knots = [...START];
    fresh();
  });
  fresh();
}

// Where the neurons of the first layer bend, as far as that lies on 0..1.
export function corners({ w0, b0 }) {
  return [...w0].map((w, i) => -b0[i] / w).filter((x) => x > 0 && x < 1);
}

// A smooth curve through the knots at x in 0..1 (Catmull and Rom 1974).
export function between(knots, x) {
  const n = knots.length - 1;
  const i = Math.min(n - 1, Math.floor(x * n));
  const t = x * n - i;
  const [a, b, c, d] = [-1, 0, 1, 2].map((k) => knots[Math.max(0, Math.min(n, i + k))]);
  return 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t ** 2 + (3 * b - a - 3 * c + d) * t ** 3);
}

function dot(context, [x, y], held) {
  context.beginPath();
  context.arc(x, y, held ? 9 : 7, 0, 2 * Math.PI);
  context.fillStyle = colour(held ? "ochre" : "paper");
  context.fill();
  context.strokeStyle = colour("ochre");
  context.lineWidth = 2;
  context.stroke();
}
