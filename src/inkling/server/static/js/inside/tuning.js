// The knobs on the page, and what turning them does to this answer and to a thousand test digits.

import { announce, byId, make, write } from "./dom.js";
import { drawInk } from "./maps.js";
import { percent, plain, signed } from "./numbers.js";

const FLIPS = 14; // test digits shown

export class Tuning {
  // `turned(change)` for the neuron's knobs, `warmed(temperature)`, `silenced()` for ten at random, `reset()`, and
  // `open(index)` for a test digit.
  constructor({ turned, warmed, silenced, reset, open }) {
    this.open = open;
    byId("on").addEventListener("change", () => turned({ on: byId("on").checked }));
    byId("scale").addEventListener("input", () => turned({ scale: Number(byId("scale").value) }));
    byId("shift").addEventListener("input", () => turned({ shift: Number(byId("shift").value) }));
    byId("temperature").addEventListener("input", () => warmed(toTemperature(byId("temperature").value)));
    byId("silence").addEventListener("click", silenced);
    byId("reset").addEventListener("click", reset);
  }

  showKnobs({ knobs, neuron }) {
    const { on, scale, shift } = knobs.of(neuron);
    write(byId("knobs-title"), `Knobs of neuron ${neuron + 1}`);
    byId("on").checked = on;
    write(byId("on-says"), on ? "On" : "Off");
    setSlider("scale", scale, `× ${plain(scale)}`);
    setSlider("shift", shift, `${signed(knobs.network.b1[neuron] + shift)}`);
    byId("temperature").value = fromTemperature(knobs.temperature);
    write(byId("temperature-says"), plain(knobs.temperature));
    byId("temperature").setAttribute("aria-valuetext", plain(knobs.temperature));
    byId("reset").disabled = !knobs.isTouched;
    const others = knobs.touched.filter(([j]) => j !== neuron).length;
    write(byId("turned"), others === 0 ? "" : `${others} other neuron${others === 1 ? " is" : "s are"} changed too.`);
  }

  // `was`: the run of the network as it is.
  showAnswer({ run, was }) {
    const [now, before] = [run, was].map(({ probs }) => probs.indexOf(Math.max(...probs)));
    const said = `${now}, ${percent(run.probs[now])}`;
    write(byId("now"), said);
    const asWas = `${before}, ${percent(was.probs[before])}`;
    write(byId("before-knobs"), said === asWas ? "as trained" : `as trained: ${asWas}`);
    byId("now").toggleAttribute("data-changed", now !== before);
  }

  showBench({ bench, result, digits }) {
    if (!bench) {
      write(byId("accuracy"), "Reading the test digits…");
      return;
    }
    const change = result.right - bench.right;
    write(byId("accuracy"), `${result.right} of ${bench.count.toLocaleString("en")}`);
    write(byId("accuracy-change"), change === 0 ? "as trained" : `${signed(change, 0)} (as trained: ${bench.right})`);
    byId("accuracy").toggleAttribute("data-changed", change !== 0);
    byId("meter").style.setProperty("--size", result.right / bench.count);
    write(byId("surety"), `On average ${percent(result.sure)} sure, and right ${percent(result.right / bench.count)} of the time.`);
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
    const says = `${flipped.length} test digit${flipped.length === 1 ? "" : "s"} read otherwise: ${wrong.length} lost, ${right.length} won`;
    write(byId("flips-title"), `${says}${more > 0 ? `. ${FLIPS} of them:` : ""}`);
  }

  #flip({ index, label, before, after }, images) {
    const map = make("canvas", { className: "tile" });
    drawInk(map, images.subarray(784 * index, 784 * (index + 1)), { high: 255 });
    map.setAttribute("aria-hidden", "true");
    const words = make("span", { textContent: `${before} → ${after}` });
    const button = make("button", { type: "button", className: "flip", title: `A ${label}` }, map, words);
    button.dataset.won = String(after === label);
    button.setAttribute("aria-label", `Test digit ${index + 1}, a ${label}: read as ${before} before, now as ${after}. Look at it`);
    button.addEventListener("click", () => this.open(index));
    return make("li", {}, button);
  }
}

function setSlider(id, value, says) {
  byId(id).value = value;
  byId(id).setAttribute("aria-valuetext", says);
  write(byId(`${id}-says`), says);
}

// The slider is even in the logarithm: as far to half as to double.
function toTemperature(value) {
  return Math.round(2 ** Number(value) * 100) / 100;
}

function fromTemperature(temperature) {
  return Math.log2(temperature).toFixed(2);
}
