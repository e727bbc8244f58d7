// The ten scores of the real network `ann` for a real digit, softmax, temperature.

import { loadDigits } from "../common/digits.js";
import { forward, loadNetwork, softmax } from "../common/network.js";
import { percent } from "../draw/words.js";
import { bestOf, drawn, paintTile, partsOf, slider, tileOf } from "./parts.js";

const NETWORK = "ann";

export async function begin(section) {
  const { digit, said, sum, knobs, another, doubtful, reset, honest, scores } = partsOf(section);
  const [digits, network] = await Promise.all([loadDigits(), loadNetwork(NETWORK)]);
  let number = 0;
  let own = []; // the network's scores, as they are
  const again = drawn(digit, 1, (context, width) => paintTile(context, tileOf(digits, number), { size: width }));
  const rows = Array.from({ length: 10 }, (_, d) => row(d, () => show()));
  scores.append(...rows.map((each) => each.element));
  const show = () => {
    const values = rows.map((each) => each.value);
    const shares = softmax(values, heat.value);
    const best = bestOf(shares);
    rows.forEach((each, d) => each.show(shares[d], d === best));
    const meddled = rows.some((each, d) => Math.abs(each.value - own[d]) > 0.06);
    const label = digits.labels[number];
    said.textContent = `A ${label}. ${meddled ? "With your scores it says" : "The network says"} ${best}, with ${percent(shares[best])}.`;
    const powers = values.map((score) => Math.exp(score / heat.value));
    const total = powers.reduce((all, power) => all + power, 0);
    const score = values[best].toFixed(1).replace("-", "−");
    sum.textContent = `e to the ${score} / ${heat.value.toFixed(2)} is ${amount(powers[best])}; all ten together ${amount(total)}; ${amount(powers[best])} / ${amount(total)} = ${Math.min(Math.floor(1e5 * shares[best]) / 1e3, 99.999)} %.`;
  };
  const look = (next) => {
    number = next;
    own = [...forward(network, tileOf(digits, number)).logits.subarray(0, 10)];
    rows.forEach((each, d) => each.set(own[d]));
    again();
    show();
  };
  const say = (value) => value.toFixed(2);
  const heat = slider({ label: "Temperature", min: 0.2, max: 5, step: 0.01, value: 1, say, change: () => show() });
  knobs.append(heat.element);
  another.addEventListener("click", () => look((number + 1) % digits.labels.length));
  doubtful.addEventListener("click", () => look(next(digits, network, number)));
  reset.addEventListener("click", () => {
    heat.set(1);
    look(number);
  });
  honest.addEventListener("click", () => {
    heat.set(network.temperature);
    show();
  });
  look(number);
}

function amount(value) {
  return value < 1000 && value >= 0.01 ? value.toFixed(2) : value.toLocaleString("en-GB", { maximumSignificantDigits: 6 });
}

// The next digit after `number` of which the network is less than 80 % sure.
function next(digits, network, number) {
  const n = digits.labels.length;
  for (let step = 1; step <= n; step++) {
    const i = (number + step) % n;
    if (Math.max(...forward(network, tileOf(digits, i)).probs) < 0.8) return i;
  }
  return number;
}

function row(digit, change) {
  const knob = slider({ label: String(digit), min: -20, max: 25, step: 0.1, value: 0, say: (v) => v.toFixed(1).replace("-", "−"), change });
  const element = document.createElement("div");
  const [well, fill, share] = ["span", "span", "span"].map((tag) => document.createElement(tag));
  element.className = "score";
  well.className = "well";
  fill.className = "fill";
  share.className = "share";
  well.append(fill);
  element.append(knob.element, well, share);
  return {
    element,
    get value() {
      return knob.value;
    },
    set: knob.set,
    show(value, best) {
      fill.style.transform = `scaleX(${value})`;
      share.textContent = value >= 0.005 ? percent(value) : "0 %";
      element.classList.toggle("best", best);
    },
  };
}
