// A curve with movable control points, and a small network that fits it live, with or without ReLU.

import { stroke } from "./line_chart.js";
import { curveGradient, curveOutput, leastSquaresLine, makeCurveNetwork } from "./curve_network.js";
import { checkbox, choice, drawCircle, partsOf, prefersReducedMotion, responsiveCanvas, slider, watchCells } from "./widgets.js";
import { optimizer, randomFrom } from "./trainable_network.js";

const KNOTS = 9; // control points of the target curve
const POINTS = 65; // of the curve: the training set
const ROWS = 41; // possible heights of a knot
const RATE = 0.02;
const [MOST_STEPS, STEPS_A_FRAME, FRAME_MS] = [2000, 12, 10];
const RATE_DECAY = [1, 0.2, 0.04]; // factors of the learning rate, one after the other
const START = [0.5, 0.78, 0.82, 0.6, 0.3, 0.18, 0.34, 0.7, 0.62];

export function begin(section) {
  const { controls, chart, status, again, flat } = partsOf(section);
  let knots = [...START];
  let selected = 4; // the knot that the keys move
  let run = null; // {network, advance, step, loss}
  let frame = null;
  let depth = 1;
  let seed = 1;

  const target = () => Array.from({ length: POINTS }, (_, i) => [i / (POINTS - 1), between(knots, i / (POINTS - 1))]);
  const restart = () => {
    const sizes = [1, ...Array(depth).fill(neurons.value), 1];
    run = { network: makeCurveNetwork(sizes, randomFrom(seed)), step: 0, loss: NaN };
    train();
  };
  const train = () => {
    run.step = 0;
    run.goal = target();
    cancelAnimationFrame(frame);
    run.optimizers = RATE_DECAY.map((part) => optimizer("adam", part * RATE));
    frame = requestAnimationFrame(animate);
    show();
  };
  const advance = () => {
    const until = performance.now() + FRAME_MS;
    for (let i = 0; (i < STEPS_A_FRAME || prefersReducedMotion()) && run.step < MOST_STEPS && performance.now() < until; i++, run.step++) {
      const { loss, gradient } = curveGradient(run.network, run.goal, relu.checked);
      run.loss = loss;
      run.optimizers[Math.floor((RATE_DECAY.length * run.step) / MOST_STEPS)](run.network, gradient);
    }
  };
  const animate = () => {
    advance();
    if (!prefersReducedMotion() || run.step === MOST_STEPS) show(); // with reduced motion, only the result
    if (run.step < MOST_STEPS) frame = requestAnimationFrame(animate);
  };
  const show = () => {
    redraw();
    status.setAttribute("aria-live", run.step < MOST_STEPS ? "off" : "polite"); // announced when training ends
    const rmse = Math.sqrt(run.loss || 0).toFixed(3);
    const [a, b] = leastSquaresLine(run.goal);
    const best = Math.sqrt(run.goal.reduce((sum, [x, y]) => sum + (a + b * x - y) ** 2, 0) / POINTS).toFixed(3);
    const n = neurons.value * depth;
    const many = n === 1 ? "One neuron" : `${n} neurons`;
    const where = run.step < MOST_STEPS ? `After ${run.step} steps` : "Trained";
    status.textContent = relu.checked
      ? `${many} with ReLU. ${where}: typical error ${rmse}. The best straight line has ${best}.`
      : `${many} without ReLU. ${where}: a straight line, typical error ${rmse}. The best straight line has ${best}.`;
    Object.assign(section.dataset, { step: run.step, rmse, best });
  };

  const neurons = slider({ label: "Neurons per layer", min: 1, max: 16, step: 1, value: 6, change: restart });
  const relu = checkbox({ label: "ReLU", checked: true, change: restart });
  const layers = choice({
    label: "Hidden layers",
    options: { 1: "1", 2: "2", 3: "3" },
    value: 1,
    change: (value) => {
      depth = Number(value);
      restart();
    },
  });
  controls.append(neurons.element, layers, relu.element);
  const redraw = responsiveCanvas(chart, [2.1, 1.4], (context, width, height) => {
    if (!run) return;
    const at = ([x, y]) => [(0.03 + 0.94 * x) * width, (0.04 + 0.92 * (1 - y)) * height];
    stroke(context, run.goal.map(at), { shade: "quiet", thickness: 2, dash: [2, 5] });
    const curve = Array.from({ length: 161 }, (_, i) => [i / 160, curveOutput(run.network, i / 160, relu.checked)]);
    context.save();
    context.beginPath();
    context.rect(0, 0, width, height);
    context.clip();
    stroke(context, curve.map(at), { shade: "blue", thickness: 3 });
    context.restore();
    if (relu.checked && depth === 1) for (const x of corners(run.network)) stroke(context, [[at([x, 0])[0], height - 9], [at([x, 0])[0], height - 1]], { shade: "blue", thickness: 2 });
    knots.forEach((y, i) => drawCircle(context, at([i / (KNOTS - 1), y]), i === selected ? 9 : 7, { fill: i === selected ? "ochre" : "paper", edge: "ochre" }));
  });
  watchCells(chart, {
    columns: KNOTS,
    rows: ROWS,
    at: () => [selected, Math.round((1 - knots[selected]) * (ROWS - 1))],
    choose: (column, row, how) => {
      if (how === "hover") return;
      const own = Math.round((1 - knots[column]) * (ROWS - 1));
      const sideways = how === "key" && column !== selected;
      selected = column;
      if (sideways || row === own) return show(); // selects another knot without moving it
      knots[column] = 1 - row / (ROWS - 1);
      train();
    },
  });
  again.addEventListener("click", () => {
    seed++;
    restart();
  });
  flat.addEventListener("click", () => {
    knots = [...START];
    restart();
  });
  restart();
}

// The x in 0..1 where the first layer's ReLUs change slope.
function corners({ w0, b0 }) {
  return [...w0].map((w, i) => -b0[i] / w).filter((x) => x > 0 && x < 1);
}

// A smooth curve through the knots at x in 0..1 (Catmull and Rom 1974).
function between(knots, x) {
  const n = knots.length - 1;
  const i = Math.min(n - 1, Math.floor(x * n));
  const t = x * n - i;
  const [a, b, c, d] = [-1, 0, 1, 2].map((k) => knots[Math.max(0, Math.min(n, i + k))]);
  return 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t ** 2 + (3 * b - a - 3 * c + d) * t ** 3);
}
