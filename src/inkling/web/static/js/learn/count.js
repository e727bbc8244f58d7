// How many numbers a network of one hidden layer has, by its sizes.

import { partsOf, slider } from "./parts.js";

const OUTPUTS = 10;
const grouped = (n) => n.toLocaleString("en-GB");

export function begin(section) {
  const { knobs, sum } = partsOf(section);
  const show = () => {
    const [pixels, hidden] = [side.value ** 2, units.value];
    const [first, second] = [pixels * hidden + hidden, hidden * OUTPUTS + OUTPUTS];
    const rows = [
      `Pixels: ${side.value} × ${side.value} = ${grouped(pixels)}`,
      `Hidden layer: ${grouped(pixels)} × ${hidden} weights + ${hidden} biases = ${grouped(first)}`,
      `Last layer: ${hidden} × 10 weights + 10 biases = ${grouped(second)}`,
      `All: ${grouped(first + second)} numbers, ${grouped(Math.floor((4 * (first + second)) / 1024))} KB`,
    ];
    sum.replaceChildren(...rows.map((text) => Object.assign(document.createElement("span"), { textContent: text })));
  };
  const side = slider({ label: "Pixels a side", min: 8, max: 64, step: 4, value: 28, change: show });
  const units = slider({ label: "Neurons", min: 8, max: 512, step: 8, value: 128, change: show });
  knobs.append(side.element, units.element);
  show();
}
