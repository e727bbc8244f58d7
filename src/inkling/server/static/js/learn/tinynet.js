// A small network that learns in the page: 784 - hidden ReLU - 10 softmax, in plain arrays. With `hidden` 0 the pixels
// go straight to the ten scores, and w2 is [pixel * 10 + digit].

import { softmax, weighted } from "../common/network.js";

const PIXELS = 784;
const DIGITS = 10;
const ARRAYS = ["w1", "b1", "w2", "b2"];
const LEAST = 1e-12; // a share below it counts as this one, or the loss would be infinite
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
  if (!hidden) return { hidden, w2: fill(PIXELS * DIGITS, 0.01), b2: new Float64Array(DIGITS) };
  return {
    hidden,
    w1: fill(PIXELS * hidden, Math.sqrt(2 / PIXELS)),
    b1: new Float64Array(hidden),
    w2: fill(hidden * DIGITS, Math.sqrt(2 / hidden)),
    b2: new Float64Array(DIGITS),
  };
}

export function shares(network, tile) {
  if (!network.hidden) return softmax(weighted(network.w2, network.b2, tile));
  const a1 = weighted(network.w1, network.b1, tile).map((z) => Math.max(z, 0));
  return softmax(weighted(network.w2, network.b2, a1));
}

// Mean loss of some examples {tile, label} and its gradient, by backpropagation. `dropout` is the part of the hidden
// neurons that is switched off; those that are left count for more, so that the sum stays the same on average.
export function gradient(network, examples, { dropout = 0, random = Math.random } = {}) {
  const { hidden, w1, b1, w2, b2 } = network;
  const sums = Object.fromEntries(ARRAYS.filter((name) => network[name]).map((name) => [name, new Float64Array(network[name].length)]));
  let loss = 0;
  for (const { tile, label } of examples) {
    const on = hidden && Float64Array.from({ length: hidden }, () => (dropout && random() < dropout ? 0 : 1 / (1 - dropout)));
    const inputs = hidden ? weighted(w1, b1, tile).map((z, j) => Math.max(z, 0) * on[j]) : tile; // of the last layer
    const blame = softmax(weighted(w2, b2, inputs)); // of the ten scores: share minus 1 for the right digit
    loss -= Math.log(Math.max(blame[label], LEAST));
    blame[label] -= 1;
    for (let d = 0; d < DIGITS; d++) sums.b2[d] += blame[d];
    outer(sums.w2, inputs, blame);
    if (!hidden) continue;
    const back = new Float64Array(hidden); // of the hidden neurons
    for (let j = 0; j < hidden; j++) {
      if (inputs[j] === 0) continue;
      for (let d = 0, at = j * DIGITS; d < DIGITS; d++, at++) back[j] += w2[at] * blame[d] * on[j];
      sums.b1[j] += back[j];
    }
    outer(sums.w1, tile, back);
  }
  for (const each of Object.values(sums)) for (let i = 0; i < each.length; i++) each[i] /= examples.length;
  return { loss: loss / examples.length, gradient: sums };
}

// Adds input * blame for every pair: the slope of a layer's weights.
function outer(sums, inputs, blame) {
  const n = blame.length;
  for (let i = 0; i < inputs.length; i++) {
    if (inputs[i] === 0) continue;
    for (let j = 0, at = i * n; j < n; j++, at++) sums[at] += inputs[i] * blame[j];
  }
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
    loss -= Math.log(Math.max(found[label], LEAST));
  }
  return { accuracy: right / examples.length, loss: loss / examples.length };
}

// One round over the examples in a new order, `size` at a time; `step` is what `optimizer` gives.
export function learnRound(network, examples, { step, random, size, dropout = 0 }) {
  const order = shuffled(examples, random);
  for (let i = 0; i + size <= order.length; i += size) {
    step(network, gradient(network, order.slice(i, i + size), { dropout, random }).gradient);
  }
}

function shuffled(list, random) {
  const order = [...list];
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}
