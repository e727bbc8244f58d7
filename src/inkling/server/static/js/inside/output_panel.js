// One output: numbers times weights plus the bias give the score; softmax turns the ten scores into probabilities.

import { byId, make, write } from "../common/dom.js";
import { percent } from "../common/how_sure.js";
import { percents, plain, rounded, signed } from "./number_format.js";

const SHOWN = 6; // units with the largest terms

export class OutputPanel {
  // `pick(unit)` is called when a unit is chosen, `target(output)` when an output is chosen.
  constructor({ pick, target }) {
    this.rows = Array.from({ length: SHOWN }, () => makeTerm(pick));
    byId("terms").replaceChildren(...this.rows.map(({ row }) => row));
    this.shares = Array.from({ length: 10 }, (_, digit) => makeProbabilityRow(digit, () => target(digit)));
    byId("shares").replaceChildren(...this.shares.map(({ row }) => row));
    byId("none-row").addEventListener("click", () => target(10));
  }

  // `values`: the inputs of the last layer; `weights` and `bias` of the output `target`; `logits`; ten `probs` at
  // `temperature`; `none`: the share of the eleventh output, null if there is none. `unit` {name, of, draw(canvas, j)}:
  // `of` names what the unit belongs to, such as " of layer 7".
  draw({ values, weights, bias, logits, probs, temperature, none = null, target, unit }) {
    this.#score({ values, weights, bias, logits, target, unit });
    this.#probabilities({ logits, probs, temperature, target });
    this.#none({ none, logits, target });
  }

  // The displayed terms and "the others" add up to the displayed score.
  #score({ values, weights, bias, logits, target, unit }) {
    const terms = Float64Array.from(values, (value, j) => value * weights[j]);
    const order = [...terms.keys()].filter((j) => values[j] !== 0).sort((a, b) => Math.abs(terms[b]) - Math.abs(terms[a]));
    const peak = Math.max(1e-9, Math.abs(terms[order[0]] ?? 0));
    const shown = order.slice(0, SHOWN);
    const digits = new Set(shown.map((j) => rounded(terms[j]))).size < shown.length ? 3 : 2; // so that fewer tie
    const score = rounded(logits[target]);
    let left = score - rounded(bias);
    const name = target < 10 ? String(target) : "none of the ten";
    this.#most({ unit, j: order.find((j) => terms[j] > 0), terms, score, name });
    this.rows.forEach((parts, i) => {
      const j = order[i];
      parts.row.hidden = j === undefined;
      if (j === undefined) return;
      left -= rounded(terms[j], digits);
      parts.unit = j;
      unit.draw(parts.map, j);
      write(parts.name, `${unit.name} ${j + 1}`);
      write(parts.product, `${plain(values[j])} × ${plain(weights[j], 3)}`);
      write(parts.term, signed(terms[j], digits));
      parts.bar.style.setProperty("--size", Math.abs(terms[j]) / peak);
      parts.bar.dataset.sign = terms[j] < 0 ? "minus" : "plus";
    });
    const others = Math.max(0, order.length - SHOWN);
    write(byId("output-title"), `Output ${name}`);
    write(byId("others-name"), `${others} other active ${unit.name.toLowerCase()}${others === 1 ? "" : "s"}`);
    write(byId("others-term"), signed(left, digits));
    write(byId("bias-term"), signed(bias));
    write(byId("score-term"), signed(score));
    write(byId("score-name"), `Score of ${name}`);
  }

  // The unit that adds most, in one sentence under the answer.
  #most({ unit, j, terms, score, name }) {
    const said = j === undefined ? "" : `Most for ${name}: ${unit.name.toLowerCase()} ${j + 1}${unit.of} adds ${plain(terms[j])} of ${plain(score)}.`;
    write(byId("most"), said);
  }

  #probabilities({ logits, probs, temperature, target }) {
    const top = Math.max(...logits.subarray(0, 10));
    const texts = percents([...probs]);
    let sum = 0;
    this.shares.forEach((parts, k) => {
      const power = rounded(Math.exp((logits[k] - top) / temperature), 4);
      sum += power;
      write(parts.score, signed(logits[k]));
      write(parts.power, power.toFixed(4));
      write(parts.share, texts[k]);
      parts.bar.style.setProperty("--size", probs[k]);
      parts.row.toggleAttribute("data-target", k === target);
      parts.button.setAttribute("aria-pressed", String(k === target));
    });
    write(byId("power-sum"), sum.toFixed(4));
  }

  // Whether the ink is one of the ten digits at all: the row of the eleventh output, if the network has one.
  #none({ none, logits, target }) {
    byId("none-part").hidden = none === null;
    write(byId("share-name"), none === null ? "prob., %" : "if a digit, %");
    if (none === null) return;
    byId("none-row").setAttribute("aria-pressed", String(target === 10));
    write(byId("none-share"), `${percent(1 - none)} a digit, ${percent(none)} none of the ten (score ${signed(logits[10])})`);
  }
}

function makeTerm(pick) {
  const parts = { map: make("canvas"), name: make("span"), product: make("td"), term: make("td"), bar: make("span", { className: "bar" }) };
  parts.map.setAttribute("aria-hidden", "true");
  const button = make("button", { type: "button", className: "thumb" }, parts.map, parts.name);
  button.addEventListener("click", () => pick(parts.unit));
  parts.row = make("tr", {}, make("th", { scope: "row" }, button), parts.product, parts.term, make("td", {}, parts.bar));
  return parts;
}

function makeProbabilityRow(digit, target) {
  const parts = { score: make("td"), power: make("td"), share: make("td"), bar: make("span", { className: "bar" }) };
  parts.button = make("button", { type: "button", textContent: digit });
  parts.button.setAttribute("aria-label", `Show output ${digit}`);
  parts.button.addEventListener("click", target);
  parts.row = make("tr", {}, make("th", { scope: "row" }, parts.button), parts.score, parts.power, parts.share, make("td", {}, parts.bar));
  parts.row.dataset.digit = digit;
  return parts;
}
