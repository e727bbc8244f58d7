// The parameter count of a network with one hidden layer, by layer.

import { partsOf, slider } from "./widgets.js";

const OUTPUTS = 10;
const grouped = (n) => n.toLocaleString("en-GB");

export function begin(section) {
  const { controls, split, sum } = partsOf(section);
  const bars = ["hidden", "last"].map((name) => Object.assign(document.createElement("span"), { className: name }));
  split.append(...bars);
  const show = () => {
    const [pixels, hidden] = [side.value ** 2, units.value];
    const [first, second] = [pixels * hidden + hidden, hidden * OUTPUTS + OUTPUTS];
    const all = first + second;
    const rows = [
      `Pixels: ${side.value} × ${side.value} = ${grouped(pixels)}`,
      `Hidden layer: ${grouped(pixels)} × ${hidden} weights + ${hidden} biases = ${grouped(first)}`,
      `Last layer: ${hidden} × 10 weights + 10 biases = ${grouped(second)}`,
      `All: ${grouped(all)} numbers of 4 bytes, ${grouped(Math.round((4 * all) / 1000))} KB`,
    ];
    sum.replaceChildren(...rows.map((textContent) => Object.assign(document.createElement("span"), { textContent })));
    [first, second].forEach((n, i) => (bars[i].style.flexGrow = n / all));
    const share = (100 * first) / all;
    split.setAttribute("aria-label", `${share.toFixed(1)} % of them are in the hidden layer, ${(100 - share).toFixed(1)} % in the last`);
  };
  const side = slider({ label: "Pixels per side", min: 8, max: 64, step: 4, value: 28, change: show });
  const units = slider({ label: "Neurons", min: 8, max: 512, step: 8, value: 128, change: show });
  controls.append(side.element, units.element);
  show();
}
