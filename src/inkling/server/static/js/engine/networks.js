// Runs a network in the page: what `inkling.page_network` wrote, on the kernels in kernels.wasm.
// Arrays are float32, channels last; the numbers of one layer lie one after another.
import { readNetworkFile } from "./network_file.js";
import { LANES, OPERATIONS, sizeOf } from "./operations.js";
import { classProbabilities, softmax } from "./probabilities.js";
import { EngineUnavailable } from "./unavailable.js";

const FLOAT = 4; // bytes
const ALIGNMENT = 16; // bytes
const PAGE = 65536; // bytes: the unit in which WebAssembly's memory grows
const BATCH = 256; // examples that run at once: it bounds the memory

// -> the compiled kernels, for `loadNetwork`.
export async function loadKernels(address = new URL("kernels.wasm", import.meta.url)) {
  try {
    const response = await fetch(address);
    return await WebAssembly.compile(await response.arrayBuffer());
  } catch (error) {
    throw new EngineUnavailable(
      `This browser cannot run networks (${error.message}); WebAssembly with SIMD was expected. Use a newer browser.`,
    );
  }
}

// The bytes of a network's file, compiled kernels -> a Network, ready to run.
export async function loadNetwork(bytes, kernels) {
  return new Network(await readNetworkFile(bytes), await WebAssembly.instantiate(kernels, {}));
}

export class Network {
  #file; // from which weights are read
  #steps; // of the head, with the addresses of their weights
  #after; // where the arrays of a run begin in memory, bytes
  #top; // up to where memory is in use, bytes
  #takesRows; // whether several examples run at once, as rows of each array

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
    return this.#ofAll(tiles, (arrays) => {
      const { at, shape } = arrays.at(-1);
      return softmax(this.#floats(at, sizeOf(shape)), shape.at(-1));
    });
  }

  // n tiles -> what the last dense layer receives, n * F.
  features(tiles) {
    const k = this.#steps.findLast(({ op }) => op === "dense").inputs[0];
    return this.#ofAll(tiles, (arrays) => this.#floats(arrays[k].at, sizeOf(arrays[k].shape)).slice());
  }

  // A line image, { data: 32 * width numbers, about 0 = paper, 1 = ink; width, a multiple of 4 } -> the softmax of each
  // column of four pixels, not calibrated: (width / 4) * 22.
  recognise({ data, width }) {
    const { at, shape } = this.#run(data, [this.head.input[0], width]).at(-1);
    return softmax(this.#floats(at, sizeOf(shape)), shape.at(-1));
  }

  // One tile -> [{ name, type, shape, values }]: what each layer puts out, the logits last.
  layers(tile) {
    const arrays = this.#run(tile, this.head.input);
    return this.#steps.flatMap(({ name, type }, k) => {
      const { at, shape } = arrays[k + 1];
      return type ? [{ name, type, shape, values: this.#floats(at, sizeOf(shape)).slice() }] : [];
    });
  }

  // { layers }: of each layer, in the order of `layers`, its { weights, bias }, or null. Convolutions are (O, h, w, I),
  // depthwise ones (h, w, O), dense layers (O, I).
  weights() {
    const numbers = ({ weights, bias }) =>
      weights ? { weights: this.#file.weights(weights), bias: bias ? this.#file.bias(bias) : null } : null;
    return { layers: this.#steps.filter(({ type }) => type).map(numbers) };
  }

  #count(tiles) {
    const n = tiles.length / sizeOf(this.head.input);
    if (!Number.isInteger(n)) throw new Error(`${tiles.length} numbers are no tiles of ${this.head.input.join(" x ")}.`);
    return n;
  }

  // Runs n tiles, several at once where that is faster; `take` reads from the arrays what is wanted of them.
  #ofAll(tiles, take) {
    const { input } = this.head;
    const size = sizeOf(input);
    const step = this.#takesRows ? BATCH : 1;
    const parts = [];
    for (let first = 0, n = this.#count(tiles); first < n; first += step) {
      const count = Math.min(step, n - first);
      const shape = count === 1 ? input : [count, ...input];
      parts.push(take(this.#run(tiles.subarray(first * size, (first + count) * size), shape)));
    }
    return joined(parts);
  }

  // Numbers and their shape -> the array of each step, after the input's.
  #run(values, shape) {
    if (values.length !== sizeOf(shape)) throw new Error(`${values.length} numbers are no ${shape.join(" x ")}.`);
    this.#top = this.#after;
    const input = { at: this.allocate(values.length), shape };
    this.#floats(input.at, values.length).set(values);
    const arrays = [input];
    for (const step of this.#steps) arrays.push(OPERATIONS[step.op](this, step, step.inputs.map((k) => arrays[k])));
    return arrays;
  }

  // Room for so many numbers until the next run -> its address. Views of the memory are void afterwards.
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

  // Lays a step's weights and bias into memory, as its kernel wants them.
  #place(step) {
    if (!OPERATIONS[step.op])
      throw new EngineUnavailable(`The network has a layer ${step.op}, which this page does not know. Reload the page.`);
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

// Weights, a row of each output -> eight outputs side by side: (outputs / 8, numbers of a row, 8), padded with zeros.
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
