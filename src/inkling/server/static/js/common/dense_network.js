// A network with one hidden layer, Flatten - Dense (ReLU) - Dense (softmax), run in the page.

import { ApiError, Unavailable } from "./api_client.js";
import { fetchWithKey } from "./api_key.js";
import { networkFromFile } from "./network_from_file.js";
import { isStatic } from "./site.js";

const TIMEOUT_MS = 20000;
const HEAD = 4; // values before the weights: pixels, hidden units, outputs, temperature

// {name, pixels, hidden, outputs, temperature, w1, b1, w2, b2}. `w1[pixel * hidden + unit]` and
// `w2[unit * outputs + digit]` are Float32Arrays. Throws ApiError (UnknownName, or WrongNetwork for other
// architectures) or Unavailable; on a site without a server, throws like `networkFromFile`.
export async function loadNetwork(name) {
  if (isStatic) return networkFromFile(name);
  let response, content;
  try {
    response = await fetchWithKey(`/api/v1/models/${encodeURIComponent(name)}/weights`, {
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    content = await (response.ok ? response.arrayBuffer() : response.json());
  } catch {
    throw new Unavailable();
  }
  if (response.status === 503) throw new Unavailable();
  if (!response.ok) throw new ApiError(content, response.status);
  return { name, ...unpack(new Float32Array(content)) };
}

// The network with these `parts` (common/network_parts.js); null for any other architecture.
export function denseNetwork(name, parts) {
  const [first, second, more] = parts.layers;
  if (more || first?.type !== "Dense" || second?.type !== "Dense" || first.activation !== "relu") return null;
  const [hidden, pixels] = first.shape;
  const [outputs] = second.shape;
  const { temperature } = parts;
  const w1 = transposed(first.weights, hidden, pixels);
  return { name, pixels, hidden, outputs, temperature, w1, b1: first.bias, w2: transposed(second.weights, outputs, hidden), b2: second.bias };
}

function transposed(values, rows, columns) {
  const turned = new Float32Array(values.length);
  for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) turned[c * rows + r] = values[r * columns + c];
  return turned;
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

// The forward pass. `tile`: 784 values, 0 paper to 1 ink. z1: pre-activations of the hidden units; a1 = ReLU(z1);
// logits: one for each output; probs: softmax of the ten digits' logits at the network's temperature. Typed arrays.
export function forward(network, tile) {
  const z1 = affine(network.w1, network.b1, tile);
  const a1 = z1.map((z) => Math.max(z, 0));
  const logits = affine(network.w2, network.b2, a1);
  return { z1, a1, logits, probs: softmax(logits.subarray(0, 10), network.temperature) };
}

// bias + inputs @ weights; weights (inputs, units) in row-major order.
export function affine(weights, bias, inputs) {
  const sums = Float64Array.from(bias);
  const n = sums.length;
  for (let i = 0; i < inputs.length; i++) {
    const input = inputs[i];
    if (input === 0) continue; // paper or an inactive unit, like most inputs
    for (let j = 0, at = i * n; j < n; j++, at++) sums[j] += weights[at] * input;
  }
  return sums;
}

// Logits -> probabilities that sum to 1.
export function softmax(logits, temperature = 1) {
  const top = Math.max(...logits);
  const powers = Float64Array.from(logits, (logit) => Math.exp((logit - top) / temperature));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return powers.map((power) => power / total);
}
