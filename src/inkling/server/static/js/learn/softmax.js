// The ten logits of the network `ann` for a digit, with sliders, their softmax, and the temperature.

import { loadDigits } from "../common/test_digits.js";
import { forward, loadNetwork, softmax } from "../common/dense_network.js";
import { percent } from "../draw/page_text.js";
import { argmax, paintTile, partsOf, responsiveCanvas, slider, tileOf } from "./widgets.js";

const NETWORK = "ann";

export async function begin(section) {
  const { digit, status, sum, controls, another, uncertain, reset, fitted, scores } = partsOf(section);
  const [digits, network] = await Promise.all([loadDigits(), loadNetwork(NETWORK)]);
  let number = 0;
  let logits = []; // of the network
  const again = responsiveCanvas(digit, 1, (context, width) => paintTile(context, tileOf(digits, number), { size: width }));
  const rows = Array.from({ length: 10 }, (_, d) => row(d, () => show()));
  scores.append(...rows.map((each) => each.element));
  const show = () => {
    const values = rows.map((each) => each.value);
    const probs = softmax(values, temperature.value);
    const best = argmax(probs);
    rows.forEach((each, d) => each.show(probs[d], d === best));
    const modified = rows.some((each, d) => Math.abs(each.value - logits[d]) > 0.06);
    const label = digits.labels[number];
    status.textContent = `A ${label}. ${modified ? "With your scores the answer is" : "The network reads"} ${best}, with ${percent(probs[best])}.`;
    const powers = values.map((score) => Math.exp(score / temperature.value));
    const total = powers.reduce((all, power) => all + power, 0);
    const score = values[best].toFixed(1).replace("-", "−");
    sum.textContent = `e to the ${score} / ${temperature.value.toFixed(2)} is ${amount(powers[best])}; all ten together ${amount(total)}; ${amount(powers[best])} / ${amount(total)}, that is ${percent(probs[best])}.`;
  };
  const showDigit = (next) => {
    number = next;
    logits = [...forward(network, tileOf(digits, number)).logits.subarray(0, 10)];
    rows.forEach((each, d) => each.set(logits[d]));
    again();
    show();
  };
  const format = (value) => value.toFixed(2);
  const temperature = slider({ label: "Temperature", min: 0.2, max: 5, step: 0.01, value: 1, format, change: () => show() });
  controls.append(temperature.element);
  another.addEventListener("click", () => showDigit((number + 1) % digits.labels.length));
  uncertain.addEventListener("click", () => showDigit(nextUncertain(digits, network, number)));
  reset.addEventListener("click", () => {
    temperature.set(1);
    showDigit(number);
  });
  fitted.addEventListener("click", () => {
    temperature.set(network.temperature);
    show();
  });
  showDigit(number);
}

function amount(value) {
  return value < 1000 && value >= 0.01 ? value.toFixed(2) : value.toLocaleString("en-GB", { maximumSignificantDigits: 6 });
}

// The next digit after `number` that the network reads with a confidence below 80 %.
function nextUncertain(digits, network, number) {
  const n = digits.labels.length;
  for (let step = 1; step <= n; step++) {
    const i = (number + step) % n;
    if (Math.max(...forward(network, tileOf(digits, i)).probs) < 0.8) return i;
  }
  return number;
}

function row(digit, change) {
  const control = slider({ label: String(digit), min: -20, max: 25, step: 0.1, value: 0, format: (v) => v.toFixed(1).replace("-", "−"), change });
  const element = document.createElement("div");
  const [well, fill, share] = ["span", "span", "span"].map((tag) => document.createElement(tag));
  element.className = "score";
  well.className = "well";
  fill.className = "fill";
  share.className = "share";
  well.append(fill);
  element.append(control.element, well, share);
  return {
    element,
    get value() {
      return control.value;
    },
    set: control.set,
    show(value, best) {
      fill.style.transform = `scaleX(${value})`;
      share.textContent = value >= 0.005 ? percent(value) : "0 %";
      element.classList.toggle("best", best);
    },
  };
}
