// The controls that change the network, and the effect of the changes on this answer and on 1,000 test digits.

import { announce, byId, make, write } from "../common/dom.js";
import { percent } from "../common/how_sure.js";
import { drawInk } from "../common/pixel_maps.js";
import { plain, signed } from "./number_format.js";

const FLIPS = 14; // test digits shown

export class ControlPanel {
  // Callbacks: `changed(change)` for the selected neuron, `temperatureChanged(temperature)`, `ablated()` to switch off
  // ten random neurons, `reset()`, and `open(index)` for a test digit.
  constructor({ changed, temperatureChanged, ablated, reset, open }) {
    this.open = open;
    byId("on").addEventListener("change", () => changed({ on: byId("on").checked }));
    byId("scale").addEventListener("input", () => changed({ scale: Number(byId("scale").value) }));
    byId("shift").addEventListener("input", () => changed({ shift: Number(byId("shift").value) }));
    byId("temperature").addEventListener("input", () => temperatureChanged(toTemperature(byId("temperature").value)));
    byId("ablate").addEventListener("click", ablated);
    byId("reset").addEventListener("click", reset);
  }

  showControls({ modified, neuron }) {
    const { on, scale, shift } = modified.of(neuron);
    write(byId("controls-title"), `Controls of neuron ${neuron + 1}`);
    byId("on").checked = on;
    write(byId("on-value"), on ? "On" : "Off");
    setSlider("scale", scale, `× ${plain(scale)}`);
    setSlider("shift", shift, `${signed(modified.network.b1[neuron] + shift)}`);
    byId("temperature").value = fromTemperature(modified.temperature);
    write(byId("temperature-value"), plain(modified.temperature));
    byId("temperature").setAttribute("aria-valuetext", plain(modified.temperature));
    byId("reset").disabled = !modified.isModified;
    const others = modified.changes.filter(([j]) => j !== neuron).length;
    write(byId("other-changes"), others === 0 ? "" : `${others} other neuron${others === 1 ? " is" : "s are"} changed too.`);
  }

  // `was`: the forward pass of the unmodified network.
  showAnswer({ run, was }) {
    const [now, before] = [run, was].map(({ probs }) => probs.indexOf(Math.max(...probs)));
    const said = `${now}, ${percent(run.probs[now])}`;
    write(byId("now"), said);
    const asWas = `${before}, ${percent(was.probs[before])}`;
    write(byId("before-change"), said === asWas ? "as trained" : `as trained: ${asWas}`);
    byId("now").toggleAttribute("data-changed", now !== before);
  }

  showEvaluation({ evaluation, result, digits }) {
    if (!evaluation) {
      write(byId("accuracy"), "Reading the test digits…");
      return;
    }
    const change = result.right - evaluation.right;
    write(byId("accuracy"), `${result.right} of ${evaluation.count.toLocaleString("en")}`);
    write(byId("accuracy-change"), change === 0 ? "as trained" : `${signed(change, 0)} (as trained: ${evaluation.right})`);
    byId("accuracy").toggleAttribute("data-changed", change !== 0);
    byId("meter").style.setProperty("--size", result.right / evaluation.count);
    write(byId("surety"), `Mean confidence ${percent(result.sure)}, accuracy ${percent(result.right / evaluation.count)}.`);
    this.#flips(result.flipped, digits);
  }

  announce({ result, run }) {
    const best = run.probs.indexOf(Math.max(...run.probs));
    announce(`Read as ${best}, ${percent(run.probs[best])}. ${result.right} of the test digits right.`);
  }

  #flips(flipped, { images }) {
    const key = flipped.map(({ index, after }) => `${index}:${after}`).join();
    if (key === this.flipsKey) return;
    this.flipsKey = key;
    byId("flips-part").hidden = flipped.length === 0;
    const worst = [...flipped].sort((a, b) => Number(a.after === a.label) - Number(b.after === b.label));
    byId("flips").replaceChildren(...worst.slice(0, FLIPS).map((one) => this.#flip(one, images)));
    const more = flipped.length - FLIPS;
    const [wrong, right] = [flipped.filter((f) => f.before === f.label), flipped.filter((f) => f.after === f.label)];
    const title = `${flipped.length} test digit${flipped.length === 1 ? "" : "s"} read differently: ${wrong.length} now wrong, ${right.length} now right`;
    write(byId("flips-title"), `${title}${more > 0 ? `. ${FLIPS} of them:` : ""}`);
  }

  #flip({ index, label, before, after }, images) {
    const map = make("canvas", { className: "tile" });
    drawInk(map, images.subarray(784 * index, 784 * (index + 1)), { high: 255 });
    map.setAttribute("aria-hidden", "true");
    const words = make("span", { textContent: `${before} → ${after}` });
    const button = make("button", { type: "button", className: "flip", title: `A ${label}` }, map, words);
    button.dataset.won = String(after === label);
    button.setAttribute("aria-label", `Test digit ${index + 1}, a ${label}: read as ${before} before, now as ${after}. Show it`);
    button.addEventListener("click", () => this.open(index));
    return make("li", {}, button);
  }
}

function setSlider(id, value, text) {
  byId(id).value = value;
  byId(id).setAttribute("aria-valuetext", text);
  write(byId(`${id}-value`), text);
}

// The slider is logarithmic: half and double are equally far from 1.
function toTemperature(value) {
  return Math.round(2 ** Number(value) * 100) / 100;
}

function fromTemperature(temperature) {
  return Math.log2(temperature).toFixed(2);
}
