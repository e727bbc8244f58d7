// A small network of three convolutions, run in the page. scripts/make_small_conv.py trains it.

import { softmax } from "../common/dense_network.js";
import { asset } from "../common/site.js";
import { SIDE } from "./widgets.js";

const FILE = asset("data/small-conv.json");

// {parameters, test, layers: [{name, shape, weights, bias}]}; weights[((row * 3 + column) * inputs + input) * outputs + output].
export async function loadSmallConv() {
  const response = await fetch(FILE);
  if (!response.ok) throw new Error(`the small network could not be loaded: ${response.status}`);
  const content = await response.json();
  const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer;
  const layers = content.layers.map(({ step, weights, bias, ...layer }) => ({
    ...layer,
    weights: Float32Array.from(new Int16Array(bytes(weights)), (whole) => whole * step),
    bias: new Float32Array(bytes(bias)),
  }));
  return { ...content, layers };
}

// 784 values, 0 paper to 1 ink -> ten probabilities.
export function probabilitiesOf({ layers }, tile) {
  const [one, two, three, last] = layers;
  const first = maxPooled(convolved(tile, SIDE, 1, one), SIDE, 8);
  const second = maxPooled(convolved(first, SIDE / 2, 8, two), SIDE / 2, 16);
  const maps = convolved(second, SIDE / 4, 16, three); // 7 x 7 x 32
  const [n, outputs] = [32, 10];
  const peaks = new Float64Array(n); // global max pooling
  for (let i = 0; i < maps.length; i++) peaks[i % n] = Math.max(peaks[i % n], maps[i]);
  const scores = Float64Array.from(last.bias);
  for (let i = 0; i < n; i++) for (let j = 0; j < outputs; j++) scores[j] += peaks[i] * last.weights[i * outputs + j];
  return softmax(scores);
}

// side * side * inputs -> side * side * outputs, zero padding, then ReLU.
function convolved(map, side, inputs, { weights, bias }) {
  const outputs = bias.length;
  const out = new Float32Array(side * side * outputs);
  for (let at = 0; at < out.length; at += outputs) out.set(bias, at);
  // Adds each input to the nine outputs that depend on it, because most inputs are 0 and can be skipped.
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      for (let i = 0; i < inputs; i++) {
        const value = map[(y * side + x) * inputs + i];
        if (value !== 0) scatter(out, value, { side, x, y, i, inputs, outputs, weights });
      }
    }
  }
  for (let at = 0; at < out.length; at++) if (out[at] < 0) out[at] = 0;
  return out;
}

function scatter(out, value, { side, x, y, i, inputs, outputs, weights }) {
  for (let row = 0; row < 3; row++) {
    const toY = y + 1 - row;
    if (toY < 0 || toY >= side) continue;
    for (let column = 0; column < 3; column++) {
      const toX = x + 1 - column;
      if (toX < 0 || toX >= side) continue;
      const to = (toY * side + toX) * outputs;
      const from = ((row * 3 + column) * inputs + i) * outputs;
      for (let o = 0; o < outputs; o++) out[to + o] += value * weights[from + o];
    }
  }
}

// 2 x 2 max pooling.
function maxPooled(map, side, channels) {
  const half = side / 2;
  const out = new Float32Array(half * half * channels);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      for (let c = 0; c < channels; c++) {
        const to = ((y >> 1) * half + (x >> 1)) * channels + c;
        out[to] = Math.max(out[to], map[(y * side + x) * channels + c]); // never below 0, after ReLU
      }
    }
  }
  return out;
}
