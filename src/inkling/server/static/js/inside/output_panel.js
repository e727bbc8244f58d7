// One output: activations times weights plus the bias give the score; softmax turns the ten scores into probabilities.

import { byId, make, write } from "../common/dom.js";
import { drawSigned } from "../common/pixel_maps.js";
import { percents, plain, rounded, signed } from "./number_format.js";

const SHOWN = 6; // neurons with the largest terms

export class OutputPanel {
  // `pick(neuron)` is called when a neuron is chosen, `target(digit)` when a digit is.
  constructor({ pick, target }) {
    this.rows = Array.from({ length: SHOWN }, () => makeTerm(pick));
    byId("terms").replaceChildren(...this.rows.map(({ row }) => row));
    this.shares = Array.from({ length: 10 }, (_, digit) => makeProbabilityRow(digit, () => target(digit)));
    byId("shares").replaceChildren(...this.shares.map(({ row }) => row));
  }

  draw({ modified, run, target }) {
    this.#score(modified, run, target);
    this.#probabilities(modified, run, target);
  }

  // The terms as shown and "the others" add up to the score as shown.
  #score(modified, { a1, logits }, digit) {
    const { outputs, hidden, pixels, w2, b2 } = modified.network;
    const terms = Float64Array.from(a1, (activation, j) => activation * w2[j * outputs + digit]);
    const order = [...terms.keys()].filter((j) => a1[j] > 0).sort((a, b) => Math.abs(terms[b]) - Math.abs(terms[a]));
    const peak = Math.max(1e-9, Math.abs(terms[order[0]] ?? 0));
    const score = rounded(logits[digit]);
    let left = score - rounded(b2[digit]);
    this.rows.forEach((parts, i) => {
      const j = order[i];
      parts.row.hidden = j === undefined;
      if (j === undefined) return;
      left -= rounded(terms[j]);
      parts.neuron = j;
      const weights = Float32Array.from({ length: pixels }, (_, p) => modified.w1[p * hidden + j]);
      drawSigned(parts.map, weights);
      write(parts.name, `Neuron ${j + 1}`);
      write(parts.product, `${plain(a1[j])} × ${plain(w2[j * outputs + digit], 3)}`);
      write(parts.term, signed(terms[j]));
      parts.bar.style.setProperty("--size", Math.abs(terms[j]) / peak);
      parts.bar.dataset.sign = terms[j] < 0 ? "minus" : "plus";
    });
    const others = Math.max(0, order.length - SHOWN);
    write(byId("output-title"), `Output ${digit}`);
    write(byId("others-name"), others === 1 ? "1 other active neuron" : `${others} other active neurons`);
    write(byId("others-term"), signed(left));
    write(byId("bias-term"), signed(b2[digit]));
    write(byId("score-term"), signed(score));
    write(byId("score-name"), `Score of ${digit}`);
  }

  #probabilities(modified, { logits, probs }, digit) {
    const top = Math.max(...logits);
    const texts = percents([...probs]);
    let sum = 0;
    this.shares.forEach((parts, k) => {
      const power = rounded(Math.exp((logits[k] - top) / modified.temperature), 4);
      sum += power;
      write(parts.score, signed(logits[k]));
      write(parts.power, power.toFixed(4));
      write(parts.share, texts[k]);
      parts.bar.style.setProperty("--size", probs[k]);
      parts.row.toggleAttribute("data-target", k === digit);
      parts.button.setAttribute("aria-pressed", String(k === digit));
    });
    write(byId("power-sum"), sum.toFixed(4));
  }
}

function makeTerm(pick) {
  const parts = { map: make("canvas"), name: make("span"), product: make("td"), term: make("td"), bar: make("span", { className: "bar" }) };
  parts.map.setAttribute("aria-hidden", "true");
  const button = make("button", { type: "button", className: "thumb" }, parts.map, parts.name);
  button.addEventListener("click", () => pick(parts.neuron));
  parts.row = make("tr", {}, make("th", { scope: "row" }, button), parts.product, parts.term, make("td", {}, parts.bar));
  return parts;
}

function makeProbabilityRow(digit, target) {
  const parts = { score: make("td"), power: make("td"), share: make("td"), bar: make("span", { className: "bar" }) };
  parts.button = make("button", { type: "button", textContent: digit });
  parts.button.setAttribute("aria-label", `Look at output ${digit}`);
  parts.button.addEventListener("click", target);
  parts.row = make("tr", {}, make("th", { scope: "row" }, parts.button), parts.score, parts.power, parts.share, make("td", {}, parts.bar));
  parts.row.dataset.digit = digit;
  return parts;
}
