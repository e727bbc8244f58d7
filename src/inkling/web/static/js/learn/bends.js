// A curve, and what neurons with ReLU make of it: each adds one corner. Without ReLU: the best straight line.

import { colour, drawn, partsOf, slider } from "./parts.js";

const POINTS = 200; // at which the error is measured
export const target = (x) => 0.5 + 0.32 * Math.sin(7 * x) + 0.14 * Math.sin(15 * x + 1);

// Weights of `n` neurons a * relu(x - t) and a bias, so that their sum meets the curve at n + 1 places on 0..1.
export function corners(n) {
  const knots = Array.from({ length: n + 1 }, (_, i) => i / n);
  const slopes = knots.slice(1).map((x, i) => (target(x) - target(knots[i])) * n);
  return { bias: target(0), neurons: slopes.map((slope, i) => ({ t: knots[i], a: slope - (slopes[i - 1] ?? 0) })) };
}

export function bent({ bias, neurons }, x) {
  return neurons.reduce((sum, { t, a }) => sum + a * Math.max(0, x - t), bias);
}

// The straight line with the least squared error: all that layers without a bend can make.
export function straight() {
  const xs = Array.from({ length: POINTS }, (_, i) => i / (POINTS - 1));
  const mean = xs.reduce((sum, x) => sum + target(x), 0) / POINTS;
  const spread = xs.reduce((sum, x) => sum + (x - 0.5) ** 2, 0);
  const slope = xs.reduce((sum, x) => sum + (x - 0.5) * (target(x) - mean), 0) / spread;
  return (x) => mean + slope * (x - 0.5);
}

export function begin(section) {
  const { knobs, chart, said } = partsOf(section);
  let relu = true;
  const made = () => {
    const network = corners(neurons.value);
    return relu ? (x) => bent(network, x) : straight();
  };
  const show = () => {
    again();
    const curve = made();
    let worst = 0;
    for (let i = 0; i < POINTS; i++) worst = Math.max(worst, Math.abs(curve(i / (POINTS - 1)) - target(i / (POINTS - 1))));
    const n = neurons.value;
    const many = n === 1 ? "One neuron" : `${n} neurons`;
    said.textContent = relu
      ? `${many} with ReLU: ${n === 1 ? "one straight piece" : `${n} straight pieces`}, at most ${worst.toFixed(2)} off. (Set by hand here; a network learns where to bend.)`
      : `${many} without ReLU: one straight line, ${worst.toFixed(2)} off at worst, however many there are.`;
  };
  const neurons = slider({ label: "Neurons", min: 1, max: 24, step: 1, value: 4, change: () => show() });
  const bend = document.createElement("label");
  const box = Object.assign(document.createElement("input"), { type: "checkbox", checked: true });
  bend.className = "tick";
  bend.append(box, " ReLU");
  box.addEventListener("change", () => {
    relu = box.checked;
    show();
  });
  knobs.append(neurons.element, bend);
  const again = drawn(chart, 2.4, (context, width, height) => {
    const line = (curve, name, thickness, dash) => {
      context.beginPath();
      for (let i = 0; i <= POINTS; i++) context.lineTo((i / POINTS) * width, height * (1 - curve(i / POINTS)));
      context.strokeStyle = colour(name);
      context.lineWidth = thickness;
      context.setLineDash(dash);
      context.stroke();
      context.setLineDash([]);
    };
    line(target, "quiet", 2, [2, 5]);
    line(made(), "blue", 3, []);
  });
  show();
}
