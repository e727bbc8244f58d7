// Loads a network with one hidden layer from the engine's file, for pages without a server.

import { readNetworkFile } from "../engine/network_file.js";
import { networkAddress, networksAddress } from "./site.js";

// Like `loadNetwork` in dense_network.js. Throws if the file cannot be loaded or holds another architecture.
export async function networkFromFile(name) {
  const { models } = await (await fetched(networksAddress())).json();
  const version = models.find((model) => model.name === name)?.version;
  const bytes = new Uint8Array(await (await fetched(networkAddress(name, version))).arrayBuffer());
  const { head, weights, bias } = await readNetworkFile(bytes);
  const layers = head.steps.filter(({ weights: entry }) => entry);
  if (layers.length !== 2 || layers.some(({ op }) => op !== "dense")) throw new Error(`${name} does not have two dense layers`);
  const [first, second] = layers;
  const [[hidden, pixels], [outputs]] = [first.weights.shape, second.weights.shape];
  return {
    name,
    pixels,
    hidden,
    outputs,
    temperature: head.manifest.temperature,
    w1: transposed(weights(first.weights), hidden, pixels),
    b1: bias(first.bias),
    w2: transposed(weights(second.weights), outputs, hidden),
    b2: bias(second.bias),
  };
}

async function fetched(address) {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${address} cannot be loaded: ${response.status}`);
  return response;
}

// (rows, columns) -> (columns, rows), in row-major order.
function transposed(values, rows, columns) {
  const turned = new Float32Array(values.length);
  for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) turned[c * rows + r] = values[r * columns + c];
  return turned;
}
