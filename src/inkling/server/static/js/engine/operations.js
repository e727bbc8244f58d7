// The layers of a network, computed by the kernels. An array is { at, shape }, where `at` is an address in the
// kernels' memory, in bytes. Each operation takes a Network (memory and kernels), a step of its head and the
// step's input arrays.

export const LANES = 8; // outputs that a product computes together: weights and biases are padded to a multiple of it
const ACTIVATIONS = { linear: 0, relu: 1, relu6: 2 };

export const sizeOf = (shape) => shape.reduce((a, b) => a * b, 1);

const activation = (step) => ACTIVATIONS[step.activation ?? "linear"];

// (height, width, channels) of an array that may lack channels or width.
const imageShape = ([height, width = 1, channels = 1]) => [height, width, channels];

// The number of window positions along a side, and the padding before the side and in total, as in TensorFlow.
function places(side, window, stride, padding) {
  if (padding === "valid") return { n: Math.floor((side - window) / stride) + 1, before: 0, border: 0 };
  const n = Math.ceil(side / stride);
  const border = Math.max((n - 1) * stride + window - side, 0);
  return { n, before: Math.floor(border / 2), border };
}

// The positions of a step's windows in its image.
function windows(step, shape) {
  const [height, width, channels] = imageShape(shape);
  const down = places(height, step.window[0], step.strides[0], step.padding);
  const across = places(width, step.window[1], step.strides[1], step.padding);
  return { height, width, channels, down, across };
}

// The padded image -> { at, line: floats per line }.
function padded(run, { at }, { height, width, channels, down, across }) {
  const line = (width + across.border) * channels;
  if (!down.border && !across.border) return { at, line };
  const to = run.allocate((height + down.border) * line);
  run.kernels.pad(at, height, width, channels, down.before, across.before, height + down.border,
    width + across.border, to);
  return { at: to, line };
}

function conv(run, step, [image]) {
  const places = windows(step, image.shape);
  const [window_h, window_w] = step.window;
  const { at, line } = padded(run, image, places);
  const shape = [places.down.n, places.across.n, step.weights.shape[0]];
  const to = run.allocate(sizeOf(shape));
  run.kernels.product(at, shape[0], shape[1], step.strides[0] * line, step.strides[1] * places.channels, window_h,
    line, window_w * places.channels, step.weightsAt, step.biasAt, to, shape[2], activation(step));
  return { at: to, shape };
}

// A dense layer on rows of numbers: several examples, the columns of a line, or a single row.
function dense(run, step, [{ at, shape }]) {
  const [outputs, inputs] = step.weights.shape;
  const rows = sizeOf(shape) / inputs;
  const to = run.allocate(rows * outputs);
  run.kernels.product(at, 1, rows, 0, inputs, 1, 0, inputs, step.weightsAt, step.biasAt, to, outputs,
    activation(step));
  return { at: to, shape: rows === 1 ? [outputs] : [rows, outputs] };
}

function depthwise(run, step, [image]) {
  const places = windows(step, image.shape);
  const { at, line } = padded(run, image, places);
  const outputs = step.weights.shape[2];
  const shape = [places.down.n, places.across.n, outputs];
  const to = run.allocate(sizeOf(shape));
  run.kernels.depthwise(at, line, shape[0], shape[1], places.channels, outputs / places.channels, ...step.window,
    ...step.strides, step.weightsAt, step.biasAt, to, activation(step));
  return { at: to, shape };
}

function pool(run, step, [image]) {
  const { height, width, channels, down, across } = windows(step, image.shape);
  const to = run.allocate(down.n * across.n * channels);
  run.kernels.pool(image.at, height, width, channels, ...step.window, ...step.strides, down.before, across.before,
    down.n, across.n, to, step.op === "average_pool", activation(step));
  return { at: to, shape: [down.n, across.n, channels] };
}

function mean(run, step, [{ at, shape }]) {
  const [height, width, channels] = imageShape(shape);
  const to = run.allocate(channels);
  run.kernels.pool(at, height, width, channels, height, width, 1, 1, 0, 0, 1, 1, to, true, activation(step));
  return { at: to, shape: [channels] };
}

function scale(run, step, [{ at, shape }]) {
  const n = sizeOf(shape);
  const to = run.allocate(n);
  run.kernels.scale(at, n, shape.at(-1), step.weightsAt, step.biasAt, to, activation(step));
  return { at: to, shape };
}

function add(run, step, [a, b]) {
  const n = sizeOf(a.shape);
  const to = run.allocate(n);
  run.kernels.add(a.at, b.at, n, to, activation(step));
  return { at: to, shape: a.shape };
}

// The same numbers in another shape, in which one side may be unknown; for several examples, the shape is that of each
// example.
function reshape(run, step, [{ at, shape }]) {
  const known = sizeOf(step.shape.filter((side) => side !== null));
  const n = step.shape.includes(null) ? 1 : sizeOf(shape) / known;
  const found = step.shape.map((side) => side ?? sizeOf(shape) / known);
  return { at, shape: n === 1 ? found : [n, ...found] };
}

// Softmax is computed when probabilities are read: see probabilities.js.
const softmax = (run, step, [array]) => array;

export const OPERATIONS = {
  conv, dense, depthwise, max_pool: pool, average_pool: pool, mean, scale, add, reshape, softmax,
};
