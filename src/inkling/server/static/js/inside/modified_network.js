// A network with changes: hidden neurons that are switched off or have scaled weights or shifted biases, and another
// temperature.

import { affine, softmax } from "../common/dense_network.js";

export const LIMITS = { scale: [-2, 3], shift: [-5, 5], temperature: [0.2, 5] };
const UNCHANGED = { on: true, scale: 1, shift: 0 };

export class ModifiedNetwork {
  #changes = new Map(); // hidden neuron -> {on, scale, shift}

  constructor(network) {
    this.network = network;
    this.reset();
  }

  reset() {
    this.#changes.clear();
    this.temperature = this.network.temperature;
    this.w1 = Float32Array.from(this.network.w1); // as changed; w2 and b2 never change
    this.b1 = Float32Array.from(this.network.b1);
  }

  // [[neuron, {on, scale, shift}], ...] of the changed neurons.
  get changes() {
    return [...this.#changes];
  }

  get isModified() {
    return this.#changes.size > 0 || this.temperature !== this.network.temperature;
  }

  of(neuron) {
    return this.#changes.get(neuron) ?? UNCHANGED;
  }

  isOn(neuron) {
    return this.of(neuron).on;
  }

  set(neuron, change) {
    const { hidden, pixels } = this.network;
    const merged = { ...this.of(neuron), ...change };
    const isUnchanged = merged.on && merged.scale === 1 && merged.shift === 0;
    if (isUnchanged) this.#changes.delete(neuron);
    else this.#changes.set(neuron, merged);
    for (let i = 0, at = neuron; i < pixels; i++, at += hidden) this.w1[at] = this.network.w1[at] * merged.scale;
    this.b1[neuron] = this.network.b1[neuron] + merged.shift;
  }

  // Like `forward` in common/dense_network.js, but with the changes.
  run(tile) {
    const { w2, b2 } = this.network;
    const z1 = affine(this.w1, this.b1, tile);
    const a1 = z1.map((z, neuron) => (this.isOn(neuron) ? Math.max(z, 0) : 0));
    const logits = affine(w2, b2, a1).subarray(0, 10);
    return { z1, a1, logits, probs: softmax(logits, this.temperature) };
  }

  // The changes as text for a link: "12off_5s1.5b-0.3". Empty without changes.
  toText() {
    return this.changes
      .map(([neuron, { on, scale, shift }]) =>
        [neuron, on ? "" : "off", scale === 1 ? "" : `s${scale}`, shift === 0 ? "" : `b${shift}`].join(""),
      )
      .join("_");
  }

  // Applies the changes from a link; ignores malformed or out-of-range values.
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
