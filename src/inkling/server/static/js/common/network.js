// A network of one hidden layer, Flatten - Dense (ReLU) - Dense (softmax), with all its numbers, run in the page.

import { Away, Refused } from "./client.js";
import { fetchWithKey } from "./key.js";

const TIMEOUT_MS = 20000;
const HEAD = 4; // numbers before the weights: pixels, hidden units, outputs, temperature

// {name, pixels, hidden, outputs, temperature, w1, b1, w2, b2}. `w1[pixel * hidden + unit]` and
// `w2[unit * outputs + digit]` are Float32Arrays. Throws Refused (UnknownName, or WrongNetwork for one of other
// layers) or Away.
export async function loadNetwork(name) {
  let response, content;
  try {
    response = await fetchWithKey(`/api/v1/models/${encodeURIComponent(name)}/weights`, {
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    content = await (response.ok ? response.arrayBuffer() : response.json());
  } catch {
    throw new Away();
  }
  if (response.status === 503) throw new Away();
  if (!response.ok) throw new Refused(content, response.status);
  return { name, ...unpack(new Float32Array(content)) };
}

function unpack(numbers) {
  const [pixels, hidden, outputs, temperature] = numbers;
  let at = HEAD;
  const take = (n) => numbers.subarray(at, (at += n));
  const w1 = take(pixels * hidden);
  const b1 = take(hidden);
  const w2 = take(hidden * outputs);
  return { pixels, hidden, outputs, temperature, w1, b1, w2, b2: take(outputs) };
}

// `tile`: 784 numbers from 0 paper to 1 ink. z1: what each hidden unit adds up; a1: what ReLU leaves of it; logits: the
// scores of the ten digits; probs: their shares, calibrated by the temperature. Typed arrays, pure.
export function forward(network, tile) {
  const z1 = weighted(network.w1, network.b1, tile);
  const a1 = z1.map((z) => Math.max(z, 0));
  const logits = weighted(network.w2, network.b2, a1);
  return { z1, a1, logits, probs: softmax(logits.subarray(0, 10), network.temperature) };
}

// Weights of (inputs x units), row by row: bias + the sum of weight * input for each unit.
export function weighted(weights, bias, inputs) {
  const sums = Float64Array.from(bias);
  const n = sums.length;
  for (let i = 0; i < inputs.length; i++) {
    const input = inputs[i];
    if (input === 0) continue; // paper, or a silent unit: most of them
    for (let j = 0, at = i * n; j < n; j++, at++) sums[j] += weights[at] * input;
  }
  return sums;
}

// Scores -> shares that sum to 1.
export function softmax(logits, temperature = 1) {
  const top = Math.max(...logits);
  const powers = Float64Array.from(logits, (logit) => Math.exp((logit - top) / temperature));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return powers.map((power) => power / total);
}
