// A small network trained in the page: 784 - hidden ReLU - 10 softmax, in plain arrays. With `hidden` 0 it is softmax
// regression, and w2 has the indices [pixel * 10 + digit].

import { affine, softmax } from "../common/dense_network.js";

const PIXELS = 784;
const DIGITS = 10;
const ARRAYS = ["w1", "b1", "w2", "b2"];
const MIN_PROBABILITY = 1e-12; // lower bound in the logarithm, to keep the loss finite
const ADAM = { beta1: 0.9, beta2: 0.999, tiny: 1e-8 }; // Kingma and Ba 2015, section 2

// A seeded random generator of numbers in [0, 1) (mulberry32).
export function randomFrom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

// A fresh network; w1[pixel * hidden + unit], w2[unit * 10 + digit]. With hidden units, the initial weights are as in
// He et al. 2015.
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

function predict(network, tile) {
  if (!network.hidden) return softmax(affine(network.w2, network.b2, tile));
  const a1 = affine(network.w1, network.b1, tile).map((z) => Math.max(z, 0));
  return softmax(affine(network.w2, network.b2, a1));
}

// Mean loss of some examples {tile, label} and its gradient, by backpropagation. `dropout` is the share of dropped
// hidden neurons; the others are scaled up, so that the expected sum stays the same.
export function gradient(network, examples, { dropout = 0, random = Math.random } = {}) {
  const { hidden, w1, b1, w2, b2 } = network;
  const sums = Object.fromEntries(ARRAYS.filter((name) => network[name]).map((name) => [name, new Float64Array(network[name].length)]));
  let loss = 0;
  for (const { tile, label } of examples) {
    const on = hidden && Float64Array.from({ length: hidden }, () => (dropout && random() < dropout ? 0 : 1 / (1 - dropout)));
    const inputs = hidden ? affine(w1, b1, tile).map((z, j) => Math.max(z, 0) * on[j]) : tile; // of the last layer
    const delta = softmax(affine(w2, b2, inputs)); // of the logits: probability minus one-hot label
    loss -= Math.log(Math.max(delta[label], MIN_PROBABILITY));
    delta[label] -= 1;
    for (let d = 0; d < DIGITS; d++) sums.b2[d] += delta[d];
    outer(sums.w2, inputs, delta);
    if (!hidden) continue;
    const hiddenDelta = new Float64Array(hidden);
    for (let j = 0; j < hidden; j++) {
      if (inputs[j] === 0) continue;
      for (let d = 0, at = j * DIGITS; d < DIGITS; d++, at++) hiddenDelta[j] += w2[at] * delta[d] * on[j];
      sums.b1[j] += hiddenDelta[j];
    }
    outer(sums.w1, tile, hiddenDelta);
  }
  for (const each of Object.values(sums)) for (let i = 0; i < each.length; i++) each[i] /= examples.length;
  return { loss: loss / examples.length, gradient: sums };
}

// Adds input * delta for every pair: the gradient of a layer's weights.
function outer(sums, inputs, delta) {
  const n = delta.length;
  for (let i = 0; i < inputs.length; i++) {
    if (inputs[i] === 0) continue;
    for (let j = 0, at = i * n; j < n; j++, at++) sums[at] += inputs[i] * delta[j];
  }
}

// A function that updates a network in place from its gradient; `kind`: "sgd" or "adam".
export function optimizer(kind, rate) {
  if (kind === "sgd") return (network, gradients) => every(network, gradients, (weights, g) => g.forEach((each, i) => (weights[i] -= rate * each)));
  const moments = {}; // running means of each gradient and of its square
  let step = 0;
  return (network, gradients) => {
    step++;
    const [first, second] = [1 - ADAM.beta1 ** step, 1 - ADAM.beta2 ** step]; // bias correction
    every(network, gradients, (weights, g, name) => {
      const { m, v } = (moments[name] ??= { m: new Float64Array(g.length), v: new Float64Array(g.length) });
      for (let i = 0; i < g.length; i++) {
        m[i] = ADAM.beta1 * m[i] + (1 - ADAM.beta1) * g[i];
        v[i] = ADAM.beta2 * v[i] + (1 - ADAM.beta2) * g[i] * g[i];
        weights[i] -= (rate * (m[i] / first)) / (Math.sqrt(v[i] / second) + ADAM.tiny);
      }
    });
  };
}

function every(network, gradients, change) {
  for (const name of Object.keys(gradients)) change(network[name], gradients[name], name);
}

// {accuracy, loss} on examples.
export function evaluate(network, examples) {
  let [right, loss] = [0, 0];
  for (const { tile, label } of examples) {
    const probs = predict(network, tile);
    right += probs.indexOf(Math.max(...probs)) === label;
    loss -= Math.log(Math.max(probs[label], MIN_PROBABILITY));
  }
  return { accuracy: right / examples.length, loss: loss / examples.length };
}

// One epoch over the shuffled examples in batches of `size`, without an incomplete last batch; `step` comes from
// `optimizer`.
export function trainEpoch(network, examples, { step, random, size, dropout = 0 }) {
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
