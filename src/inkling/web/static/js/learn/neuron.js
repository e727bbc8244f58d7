// A neuron with three inputs, all of whose numbers can be set.

import { partsOf, signed, slider } from "./parts.js";

export function begin(section) {
  const { inputs, sum } = partsOf(section);
  const values = { x: [1, 0.5, 0], w: [0.8, -0.6, 0.4], b: -0.2 };
  const show = () => {
    const { x, w, b } = values;
    const z = x.reduce((total, each, i) => total + each * w[i], b);
    const terms = x.map((each, i) => `${each.toFixed(2)} × ${w[i] < 0 ? `(${signed(w[i])})` : w[i].toFixed(2)}`);
    sum.replaceChildren(
      line(`z = ${terms.join(" + ")} ${b < 0 ? "−" : "+"} ${Math.abs(b).toFixed(2)} = ${signed(z).replace("+", "")}`),
      line(z > 0 ? `ReLU lets it through: the neuron gives ${z.toFixed(2)}.` : "ReLU: z is not above zero, so the neuron gives 0.00."),
    );
  };
  const change = (kind, i) => (value) => {
    values[kind][i] = value;
    show();
  };
  for (let i = 0; i < 3; i++) {
    const group = document.createElement("div");
    const range = { step: 0.05, say: (value) => value.toFixed(2).replace("-", "−") };
    group.append(
      slider({ ...range, label: `Input ${i + 1}`, min: 0, max: 1, value: values.x[i], change: change("x", i) }).element,
      slider({ ...range, label: `Weight ${i + 1}`, min: -1, max: 1, value: values.w[i], change: change("w", i) }).element,
    );
    inputs.append(group);
  }
  const bias = (value) => {
    values.b = value;
    show();
  };
  const last = document.createElement("div");
  const say = (value) => value.toFixed(2).replace("-", "−");
  last.append(slider({ label: "Bias", min: -1, max: 1, step: 0.05, value: values.b, say, change: bias }).element);
  inputs.append(last);
  show();
}

function line(text) {
  const element = document.createElement("span");
  element.textContent = text;
  return element;
}
