// A small network that learns in the page: 784 - hidden ReLU - 10 softmax, in plain arrays.

import { softmax, weighted } from "../common/network.js";

const PIXELS = 784;
const DIGITS = 10;
const ADAM = { beta1: 0.9, beta2: 0.999, tiny: 1e-8 }; // Kingma and Ba 2015, section 2

// Numbers from 0 up to 1 that are the same each time (mulberry32).
export function randomFrom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

// A fresh network; w1[pixel * hidden + unit], w2[unit * 10 + digit]. Weights as He et al. 2015 begin with.
export function makeNetwork(hidden, random) {
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const fill = (n, spread) => Float64Array.from({ length: n }, () => spread * normal());
  return {
    hidden,
    w1: fill(PIXELS * hidden, Math.sqrt(2 / PIXELS)),
    b1: new Float64Array(hidden),
    w2: fill(hidden * DIGITS, Math.sqrt(2 / hidden)),
    b2: new Float64Array(DIGITS),
  };
}

export function shares(network, tile) {
  const a1 = weighted(network.w1, network.b1, tile).map((z) => Math.max(z, 0));
  return softmax(weighted(network.w2, network.b2, a1));
}

// Mean loss of some examples {tile, label} and its gradient, by backpropagation. `dropout` is the part of the hidden
// neurons that is switched off; those that are left count for more, so that the sum stays the same on average.
export function gradient(network, examples, { dropout = 0, random = Math.random } = {}) {
  const { hidden, w1, b1, w2, b2 } = network;
  const sums = { w1: new Float64Array(w1.length), b1: new Float64Array(hidden), w2: new Float64Array(w2.length), b2: new Float64Array(DIGITS) };
  let loss = 0;
  for (const { tile, label } of examples) {
    const on = Float64Array.from({ length: hidden }, () => (dropout && random() < dropout ? 0 : 1 / (1 - dropout)));
    const a1 = weighted(w1, b1, tile).map((z, j) => Math.max(z, 0) * on[j]);
    const blame = softmax(weighted(w2, b2, a1)); // of the ten scores: share minus 1 for the right digit
    loss -= Math.log(Math.max(blame[label], 1e-12));
    blame[label] -= 1;
    const back = new Float64Array(hidden); // of the hidden neurons
    for (let j = 0; j < hidden; j++) {
      if (a1[j] === 0) continue;
      for (let d = 0, at = j * DIGITS; d < DIGITS; d++, at++) {
        sums.w2[at] += a1[j] * blame[d];
        back[j] += w2[at] * blame[d] * on[j];
      }
    }
    for (let d = 0; d < DIGITS; d++) sums.b2[d] += blame[d];
    for (let j = 0; j < hidden; j++) sums.b1[j] += back[j];
    for (let i = 0; i < PIXELS; i++) {
      if (tile[i] === 0) continue;
      for (let j = 0, at = i * hidden; j < hidden; j++, at++) sums.w1[at] += tile[i] * back[j];
    }
  }
  for (const each of Object.values(sums)) for (let i = 0; i < each.length; i++) each[i] /= examples.length;
  return { loss: loss / examples.length, gradient: sums };
}

// Steps that change a network in place by its gradient: "sgd" or "adam".
export function optimizer(kind, rate) {
  if (kind === "sgd") return (network, slope) => every(network, slope, (weights, g) => g.forEach((each, i) => (weights[i] -= rate * each)));
  const memory = {}; // of each array: which way lately, and how roughly
  let step = 0;
  return (network, slope) => {
    step++;
    const [first, second] = [1 - ADAM.beta1 ** step, 1 - ADAM.beta2 ** step]; // the memory begins with zeros
    every(network, slope, (weights, g, name) => {
      const { m, v } = (memory[name] ??= { m: new Float64Array(g.length), v: new Float64Array(g.length) });
      for (let i = 0; i < g.length; i++) {
        m[i] = ADAM.beta1 * m[i] + (1 - ADAM.beta1) * g[i];
        v[i] = ADAM.beta2 * v[i] + (1 - ADAM.beta2) * g[i] * g[i];
        weights[i] -= (rate * (m[i] / first)) / (Math.sqrt(v[i] / second) + ADAM.tiny);
      }
    });
  };
}

function every(network, slope, change) {
  for (const name of Object.keys(slope)) change(network[name], slope[name], name);
}

// {accuracy, loss} on examples.
export function judge(network, examples) {
  let [right, loss] = [0, 0];
  for (const { tile, label } of examples) {
    const found = shares(network, tile);
    right += found.indexOf(Math.max(...found)) === label;
    loss -= Math.log(Math.max(found[label], 1e-12));
  }
  return { accuracy: right / examples.length, loss: loss / examples.length };
}
