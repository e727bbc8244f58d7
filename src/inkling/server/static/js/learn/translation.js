// A shifted digit, read by a dense and a small convolutional network, and the accuracy of both by shift.

import { loadDigits } from "../common/test_digits.js";
import { forward, loadNetwork } from "../common/dense_network.js";
import { percent as sure } from "../draw/page_text.js";
import { drawChart } from "./line_chart.js";
import { argmax, drawProbabilities, paintTile, partsOf, percent, responsiveCanvas, shifted, SIDE, slider, tileOf } from "./widgets.js";
import { loadSmallConv, probabilitiesOf } from "./small_conv.js";

const NETWORK = "ann-tutorial";
const MOST = 10; // pixels either way
const MANY = 150; // digits that the curves are computed from
const SHIFTS = Array.from({ length: 2 * MOST + 1 }, (_, i) => i - MOST);

export async function begin(section) {
  const { controls, digit, dense, densebars, conv, convbars, curve, counted, another } = partsOf(section);
  const [digits, network, small] = await Promise.all([loadDigits(), loadNetwork(NETWORK), loadSmallConv()]);
  const readers = { dense: (tile) => forward(network, tile).probs, conv: (tile) => probabilitiesOf(small, tile) };
  let number = 0;
  let drag = null; // {x, y, right, down} at its start
  const rates = { dense: [], conv: [] }; // [[shift, accuracy]], as far as computed
  const moved = () => shifted(tileOf(digits, number), right.value, down.value);
  let found = { dense: new Float64Array(10), conv: new Float64Array(10) };

  const show = () => {
    const tile = moved();
    found = { dense: readers.dense(tile), conv: readers.conv(tile) };
    const words = (name, probs) => {
      const best = argmax(probs);
      const label = digits.labels[number];
      return `${name} reads ${best}, with ${sure(probs[best])}${best === label ? "" : `. It is a ${label}`}.`;
    };
    dense.textContent = words("The dense network", found.dense);
    conv.textContent = words("The convolutional network", found.conv);
    redraw.forEach((each) => each());
  };
  const format = (value) => (value === 0 ? "0 px" : `${value < 0 ? "−" : "+"}${Math.abs(value)} px`);
  const range = { min: -MOST, max: MOST, step: 1, value: 0, format, change: () => show() };
  const [right, down] = [slider({ label: "To the right", ...range }), slider({ label: "Down", ...range })];
  controls.append(right.element, down.element);
  const redraw = [
    responsiveCanvas(digit, 1, (context, width) => paintTile(context, moved(), { size: width })),
    responsiveCanvas(densebars, 2.6, (context, width, height) => drawProbabilities(context, width, height, found.dense)),
    responsiveCanvas(convbars, 2.6, (context, width, height) => drawProbabilities(context, width, height, found.conv)),
    responsiveCanvas(curve, [2.2, 1.4], (context, width, height) =>
      drawChart(context, width, height, {
        lines: [
          { points: rates.conv, shade: "blue", name: "convolutions" },
          { points: rates.dense, shade: "quiet", dash: [5, 4], name: "dense" },
        ],
        x: { from: -MOST, to: MOST, ticks: [-10, -5, 0, 5, 10], format: (value) => format(value).replace(" px", "") },
        y: { from: 0, to: 1, ticks: [0, 0.5, 1], format: percent },
        xName: "shift to the right, pixels",
        mark: right.value,
      }),
    ),
  ];
  digit.addEventListener("pointerdown", (event) => {
    digit.setPointerCapture(event.pointerId);
    drag = { x: event.clientX, y: event.clientY, right: right.value, down: down.value };
  });
  digit.addEventListener("pointermove", (event) => {
    if (!drag) return;
    const cell = digit.clientWidth / SIDE;
    right.set(drag.right + Math.round((event.clientX - drag.x) / cell));
    down.set(drag.down + Math.round((event.clientY - drag.y) / cell));
    show();
  });
  for (const end of ["pointerup", "pointercancel"]) digit.addEventListener(end, () => (drag = null));
  const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  digit.addEventListener("keydown", (event) => {
    const step = steps[event.key];
    if (!step) return;
    event.preventDefault();
    right.set(right.value + step[0]);
    down.set(down.value + step[1]);
    show();
  });
  another.addEventListener("click", () => {
    number = (number + 1) % digits.labels.length;
    show();
  });
  show();
  new IntersectionObserver(([entry], observer) => {
    if (!entry.isIntersecting) return;
    observer.disconnect();
    countAll();
  }).observe(curve);

  // From shift 0 outward, one shift at a time, so that the page stays responsive.
  async function countAll() {
    const tiles = Array.from({ length: MANY }, (_, i) => tileOf(digits, i));
    for (const by of [...SHIFTS].sort((a, b) => Math.abs(a) - Math.abs(b))) {
      for (const [name, reader] of Object.entries(readers)) {
        const right = tiles.filter((tile, i) => argmax(reader(shifted(tile, by, 0))) === digits.labels[i]).length;
        rates[name] = [...rates[name], [by, right / MANY]].sort((a, b) => a[0] - b[0]);
        await new Promise((done) => setTimeout(done, 0));
      }
      redraw.at(-1)();
    }
    const at = (name, by) => percent(rates[name].find(([shift]) => shift === by)[1]);
    counted.textContent = `Accuracy on ${MANY} digits, dense and convolutional: ${at("dense", 0)} and ${at("conv", 0)} in the middle; ${at("dense", 3)} and ${at("conv", 3)} three pixels to the right; ${at("dense", 6)} and ${at("conv", 6)} six pixels.`;
    for (const name of ["dense", "conv"]) section.dataset[name] = rates[name].find(([shift]) => shift === 4)[1];
  }
}
