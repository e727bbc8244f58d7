// Runs a network in the page, from a file written by `inkling.page_network`, with the kernels in kernels.wasm.
// Arrays are float32, channels last; the numbers of one layer are contiguous.
import { readNetworkFile } from "./network_file.js";
import { LANES, OPERATIONS, sizeOf } from "./operations.js";
import { classProbabilities, softmax } from "./probabilities.js";
import { remembering } from "./remembering.js";
import { EngineUnavailable } from "./unavailable.js";

const FLOAT = 4; // bytes
const ALIGNMENT = 16; // bytes
const PAGE = 65536; // bytes: the unit in which WebAssembly's memory grows
const BATCH = 256; // most examples that run together, to bound memory

// -> the compiled kernels, for `loadNetwork`.
export async function loadKernels(address = new URL("kernels.wasm", import.meta.url)) {
  try {
    const response = await fetch(address);
    return await WebAssembly.compile(await response.arrayBuffer());
  } catch (error) {
    throw new EngineUnavailable(
      `This browser cannot run networks (${error.message}); it needs WebAssembly with SIMD. Use a newer browser.`,
    );
  }
}

// The bytes of a network's file, compiled kernels -> a Network, ready to run.
export async function loadNetwork(bytes, kernels) {
  return new Network(await readNetworkFile(bytes), await WebAssembly.instantiate(kernels, {}));
}

export class Network {
  #file; // the source of the weights
  #steps; // of the head, with the addresses of their weights
  #after; // where the arrays of a run start in memory, in bytes
  #top; // the end of the memory in use, in bytes
  #knownSoftmax = remembering(({ data }) => this.#softmaxOf(data, this.head.input)); // of one tile
  #takesRows; // whether several examples can run together, as rows of each array

  constructor(file, instance) {
    this.head = file.head;
    this.#file = file;
    this.kernels = instance.exports;
    this.#top = this.kernels.__heap_base.value;
    this.#steps = this.head.steps.map((step) => ({ ...step, ...this.#place(step) }));
    this.#after = this.#top;
    this.#takesRows = this.#steps.every(({ op, shape }) =>
      ["dense", "scale", "add", "softmax"].includes(op) || (op === "reshape" && !shape.includes(null)));
  }

  get name() {
    return this.head.name;
  }

  get version() {
    return this.head.version;
  }

  // n tiles of 784 numbers, 0 = paper, 1 = ink -> { probs: n * 10, calibrated; notDigit: n }, see probabilities.js.
  classify(tiles) {
    return classProbabilities(this.outputs(tiles), this.#count(tiles), this.head.manifest.temperature);
  }

  // n tiles -> the network's softmax: n * 10 or n * 11.
  outputs(tiles) {
    return this.#ofAll(tiles, (some, shape) =>
      this.#takesRows ? this.#softmaxOf(some, shape) : this.#knownSoftmax({ data: some.slice(), width: some.length }));
  }

  // n tiles -> the inputs of the last dense layer, n * F.
  features(tiles) {
    const k = this.#steps.findLast(({ op }) => op === "dense").inputs[0];
    return this.#ofAll(tiles, (some, shape) => {
      const found = this.#run(some, shape)[k];
      return this.#floats(found.at, sizeOf(found.shape)).slice();
    });
  }

  // A line image, { data: 32 * width numbers, about 0 = paper, 1 = ink; width, a multiple of 4 } -> the softmax of each
  // column of four pixels, not calibrated: (width / 4) * 22.
  recognise({ data, width }) {
    return this.#softmaxOf(data, [this.head.input[0], width]);
  }

  // One tile -> [{ name, type, shape, values }]: the output of each layer, the logits last.
  layers(tile) {
    const arrays = this.#run(tile, this.head.input);
    return this.#steps.flatMap(({ name, type }, k) => {
      const { at, shape } = arrays[k + 1];
      return type ? [{ name, type, shape, values: this.#floats(at, sizeOf(shape)).slice() }] : [];
    });
  }

  // { layers }: { weights, bias } or null for each layer, in the order of `layers`. Convolutions are (O, h, w, I),
  // depthwise ones (h, w, O), dense layers (O, I).
  weights() {
    const numbers = ({ weights, bias }) =>
      weights ? { weights: this.#file.weights(weights), bias: bias ? this.#file.bias(bias) : null } : null;
    return { layers: this.#steps.filter(({ type }) => type).map(numbers) };
  }

  #count(tiles) {
    const n = tiles.length / sizeOf(this.head.input);
    if (!Number.isInteger(n)) throw new Error(`${tiles.length} numbers do not form tiles of ${this.head.input.join(" x ")}.`);
    return n;
  }

  // Numbers and their shape -> the network's softmax.
  #softmaxOf(values, shape) {
    const last = this.#run(values, shape).at(-1);
    return softmax(this.#floats(last.at, sizeOf(last.shape)), last.shape.at(-1));
  }

  // The joined results of `compute(tiles, shape)` for n tiles, which run several at a time if the network allows it.
  #ofAll(tiles, compute) {
    const { input } = this.head;
    const size = sizeOf(input);
    const step = this.#takesRows ? BATCH : 1;
    const parts = [];
    for (let first = 0, n = this.#count(tiles); first < n; first += step) {
      const count = Math.min(step, n - first);
      const shape = count === 1 ? input : [count, ...input];
      parts.push(compute(tiles.subarray(first * size, (first + count) * size), shape));
    }
    return joined(parts);
  }

  // Numbers and their shape -> the arrays: the input, then the output of each step.
  #run(values, shape) {
    if (values.length !== sizeOf(shape)) throw new Error(`${values.length} numbers do not form ${shape.join(" x ")}.`);
    this.#top = this.#after;
    const input = { at: this.allocate(values.length), shape };
    this.#floats(input.at, values.length).set(values);
    const arrays = [input];
    for (const step of this.#steps) arrays.push(OPERATIONS[step.op](this, step, step.inputs.map((k) => arrays[k])));
    return arrays;
  }

  // Allocates room for a number of floats until the next run -> its address. This may invalidate views of the memory.
  allocate(floats) {
    const at = this.#top;
    this.#top += Math.ceil((floats * FLOAT) / ALIGNMENT) * ALIGNMENT;
    const missing = this.#top - this.kernels.memory.buffer.byteLength;
    if (missing > 0) this.kernels.memory.grow(Math.ceil(missing / PAGE));
    return at;
  }

  #floats(at, length) {
    return new Float32Array(this.kernels.memory.buffer, at, length);
  }

  // Copies a step's weights and bias into memory in the layout of its kernel.
  #place(step) {
    if (!OPERATIONS[step.op])
      throw new EngineUnavailable(`The network has a layer ${step.op}, which this page does not support. Reload the page.`);
    const { weights, bias } = step;
    if (!weights && !bias) return step.op === "scale" ? this.#placeScale([1], [0]) : {};
    if (step.op === "scale") return this.#placeScale(weights && this.#file.weights(weights), bias && this.#file.bias(bias));
    const outputs = step.op === "depthwise" ? weights.shape.at(-1) : weights.shape[0];
    const values = step.op === "depthwise" ? this.#file.weights(weights) : packed(this.#file.weights(weights), outputs);
    const biases = new Float32Array(Math.ceil(outputs / LANES) * LANES);
    if (bias) biases.set(this.#file.bias(bias));
    return { weightsAt: this.#put(values), biasAt: this.#put(biases) };
  }

  #placeScale(factors, biases) {
    const n = factors?.length ?? biases.length;
    return {
      channels: n,
      weightsAt: this.#put(factors ?? new Float32Array(n).fill(1)),
      biasAt: this.#put(biases ?? new Float32Array(n)),
    };
  }

  #put(values) {
    const at = this.allocate(values.length);
    this.#floats(at, values.length).set(values);
    return at;
  }
}

// Weights, one row per output -> groups of eight outputs: (outputs / 8, numbers of a row, 8), padded with zeros.
function packed(weights, outputs) {
  const length = weights.length / outputs;
  const found = new Float32Array(Math.ceil(outputs / LANES) * length * LANES);
  for (let o = 0; o < outputs; o++) {
    const at = Math.floor(o / LANES) * length * LANES + (o % LANES);
    for (let k = 0; k < length; k++) found[at + k * LANES] = weights[o * length + k];
  }
  return found;
}

function joined(parts) {
  if (parts.length === 1) return parts[0];
  const found = new Float32Array(parts.reduce((n, part) => n + part.length, 0));
  let at = 0;
  for (const part of parts) {
    found.set(part, at);
    at += part.length;
  }
  return found;
}
