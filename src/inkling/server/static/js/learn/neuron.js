// A neuron with three inputs and sliders for all its numbers; a diagram shows the sum and the activation.

import { stroke } from "./line_chart.js";
import { colour, drawCircle, partsOf, responsiveCanvas, signed, slider } from "./widgets.js";

const N = 3;
const minus = (value) => value.toFixed(2).replace("-", "−");

export function begin(section) {
  const { picture, inputs, sum } = partsOf(section);
  const values = { x: [1, 0.5, 0], w: [0.8, -0.6, 0.4], b: [-0.2] };
  const z = () => values.x.reduce((total, each, i) => total + each * values.w[i], values.b[0]);
  const again = responsiveCanvas(picture, [2.6, 1.7], (context, width, height) => sketch(context, width, height, values, z()));
  const show = () => {
    again();
    const { x, w, b } = values;
    const terms = x.map((each, i) => `${each.toFixed(2)} × ${w[i] < 0 ? `(${signed(w[i])})` : w[i].toFixed(2)}`);
    const lines = [
      `z = ${terms.join(" + ")} ${b[0] < 0 ? "−" : "+"} ${Math.abs(b[0]).toFixed(2)} = ${minus(z())}`,
      z() > 0 ? `ReLU passes it on: the neuron gives ${z().toFixed(2)}.` : "ReLU: z is not above zero, so the neuron gives 0.00.",
    ];
    sum.replaceChildren(...lines.map((textContent) => Object.assign(document.createElement("span"), { textContent })));
  };
  const control = (label, kind, i, range) =>
    slider({
      label,
      ...range,
      step: 0.05,
      value: values[kind][i],
      format: minus,
      change: (value) => {
        values[kind][i] = value;
        show();
      },
    }).element;
  for (let i = 0; i < N; i++) {
    const group = document.createElement("div");
    group.append(control(`Input ${i + 1}`, "x", i, { min: 0, max: 1 }), control(`Weight ${i + 1}`, "w", i, { min: -1, max: 1 }));
    inputs.append(group);
  }
  inputs.append(control("Bias", "b", 0, { min: -1, max: 1 }));
  show();
}

// Draws three pixels, a line from each whose width shows what the pixel adds (dashed if negative), the sum, ReLU, and
// the output.
function sketch(context, width, height, { x, w }, z) {
  const [side, left, radius] = [height * 0.22, width * 0.1, height * 0.17];
  const [middle, across] = [height / 2, width * 0.55];
  context.font = `${Math.max(12, Math.round(height * 0.075))}px ${getComputedStyle(document.body).fontFamily}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  x.forEach((ink, i) => {
    const top = (i + 0.5) * (height / N);
    const given = ink * w[i];
    line(context, [left + side / 2 + 6, top, across - radius - 4, middle + (i - 1) * radius * 0.5], given, 1.2 + 16 * Math.abs(given));
    context.strokeStyle = colour("edge");
    context.lineWidth = 1;
    context.strokeRect(left - side / 2, top - side / 2, side, side);
    context.globalAlpha = ink;
    context.fillStyle = colour("ink");
    context.fillRect(left - side / 2, top - side / 2, side, side);
    context.globalAlpha = 1;
    const at = { x: (left + across) / 2, y: (top + middle) / 2 + (i - 1) * 12 };
    const room = across - radius - left - side / 2;
    label(context, productText(context, ink, w[i], room), at, given < 0 ? "ochre" : given > 0 ? "blue" : "quiet");
  });
  const out = Math.max(0, z);
  line(context, [across + radius + 4, middle, width * 0.84, middle], out, 1.2 + 16 * Math.min(1.2, out));
  drawCircle(context, [across, middle], radius, { fill: "paper", edge: "ink" });
  drawRelu(context, across, middle, radius * 0.62, z);
  label(context, `z = ${minus(z)}`, { x: across, y: middle + radius + 16 }, z > 0 ? "blue" : "ochre");
  label(context, out.toFixed(2), { x: width * 0.91, y: middle }, out ? "blue" : "quiet");
}

// "0.50 × −0.60 = −0.30", or the product alone if the line is short.
function productText(context, ink, weight, room) {
  const whole = `${ink.toFixed(2)} × ${minus(weight)} = ${minus(ink * weight)}`;
  return context.measureText(whole).width + 8 < room ? whole : minus(ink * weight);
}

function line(context, [x0, y0, x1, y1], value, thickness) {
  const shade = value < 0 ? "ochre" : value > 0 ? "blue" : "edge";
  stroke(context, [[x0, y0], [x1, y1]], { shade, thickness, dash: value < 0 ? [thickness + 3, 4] : [] });
}

// The curve of ReLU with a dot at z.
function drawRelu(context, x, y, size, z) {
  context.strokeStyle = colour("quiet");
  context.lineWidth = 2;
  context.beginPath();
  context.moveTo(x - size, y + size * 0.4);
  context.lineTo(x, y + size * 0.4);
  context.lineTo(x + size, y - size * 0.6);
  context.stroke();
  const along = Math.max(-1, Math.min(1, z));
  context.beginPath();
  context.arc(x + along * size, y + size * (0.4 - Math.max(0, along)), 5, 0, 2 * Math.PI);
  context.fillStyle = colour(z > 0 ? "blue" : "ochre");
  context.fill();
}

function label(context, text, { x, y }, name) {
  const { width } = context.measureText(text);
  context.fillStyle = colour("paper");
  context.fillRect(x - width / 2 - 4, y - 10, width + 8, 20);
  context.fillStyle = colour(name);
  context.fillText(text, x, y);
}
