// A network with its knobs: any hidden neuron off, its weights scaled, its bias shifted; and the temperature.

import { softmax, weighted } from "../common/network.js";

export const LIMITS = { scale: [-2, 3], shift: [-5, 5], temperature: [0.2, 5] };
const UNTOUCHED = { on: true, scale: 1, shift: 0 };

export class Knobs {
  #touched = new Map(); // hidden neuron -> {on, scale, shift}

  constructor(network) {
    this.network = network;
    this.reset();
  }

  reset() {
    this.#touched.clear();
    this.temperature = this.network.temperature;
    this.w1 = Float32Array.from(this.network.w1); // as the knobs make them; w2 and b2 have none
    this.b1 = Float32Array.from(this.network.b1);
  }

  // [[neuron, {on, scale, shift}], ...] of those that differ from the network.
  get touched() {
    return [...this.#touched];
  }

  get isTouched() {
    return this.#touched.size > 0 || this.temperature !== this.network.temperature;
  }

  of(neuron) {
    return this.#touched.get(neuron) ?? UNTOUCHED;
  }

  isOn(neuron) {
    return this.of(neuron).on;
  }

  set(neuron, change) {
    const { hidden, pixels } = this.network;
    const knob = { ...this.of(neuron), ...change };
    const isAsItWas = knob.on && knob.scale === 1 && knob.shift === 0;
    if (isAsItWas) this.#touched.delete(neuron);
    else this.#touched.set(neuron, knob);
    for (let i = 0, at = neuron; i < pixels; i++, at += hidden) this.w1[at] = this.network.w1[at] * knob.scale;
    this.b1[neuron] = this.network.b1[neuron] + knob.shift;
  }

  // `forward` of common/network.js, with the knobs: what each neuron adds up, says, and what comes of it.
  run(tile) {
    const { w2, b2 } = this.network;
    const z1 = weighted(this.w1, this.b1, tile);
    const a1 = z1.map((z, neuron) => (this.isOn(neuron) ? Math.max(z, 0) : 0));
    const logits = weighted(w2, b2, a1).subarray(0, 10);
    return { z1, a1, logits, probs: softmax(logits, this.temperature) };
  }

  // "12off_5s1.5b-0.3": for a link. Empty when nothing is touched.
  toText() {
    return this.touched
      .map(([neuron, { on, scale, shift }]) =>
        [neuron, on ? "" : "off", scale === 1 ? "" : `s${scale}`, shift === 0 ? "" : `b${shift}`].join(""),
      )
      .join("_");
  }

  // What a link says, as far as it makes sense.
  fromText(text) {
    for (const part of text.split("_").slice(0, this.network.hidden)) {
      const found = /^(\d{1,4})(off)?(?:s(-?[\d.]{1,6}))?(?:b(-?[\d.]{1,6}))?$/.exec(part);
      if (!found || Number(found[1]) >= this.network.hidden) continue;
      const [scale, shift] = [Number(found[3] ?? 1), Number(found[4] ?? 0)];
      const fits = within(scale, LIMITS.scale) && within(shift, LIMITS.shift);
      if (fits) this.set(Number(found[1]), { on: !found[2], scale, shift });
    }
  }
}

export function within(value, [least, most]) {
  return value >= least && value <= most; // false for NaN
}
