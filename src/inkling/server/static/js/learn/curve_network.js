// A network of any depth with one input and one output, with or without ReLU, trained in the page to fit a curve.

// Layers of `sizes` units, such as [1, 8, 1]: w0, b0, w1, b1 ... as Float64Arrays; w[input * outputs + output].
export function makeCurveNetwork(sizes, random) {
  const network = { sizes };
  const last = sizes.length - 2;
  for (let layer = 0; layer <= last; layer++) {
    const [inputs, outputs] = [sizes[layer], sizes[layer + 1]];
    const spread = Math.sqrt((layer === last ? 0.3 : 6) / inputs); // a small output at first
    network[`w${layer}`] = Float64Array.from({ length: inputs * outputs }, () => spread * (2 * random() - 1));
    network[`b${layer}`] = new Float64Array(outputs);
  }
  network[`b${last}`][0] = 0.5;
  // Spreads the first layer's corners over 0..1, half of them facing left, so that few neurons start inactive.
  for (let unit = 0; unit < sizes[1]; unit++) {
    const slope = (unit % 2 ? -4 : 4) * (0.75 + 0.5 * random());
    network.w0[unit] = slope;
    network.b0[unit] = -slope * ((unit + 0.5) / sizes[1]);
  }
  return network;
}

// The output of each layer for x; the last layer has no ReLU.
function activations(network, x, relu) {
  const { sizes } = network;
  const found = [Float64Array.of(x)];
  for (let layer = 0; layer + 1 < sizes.length; layer++) {
    const [inputs, weights] = [found[layer], network[`w${layer}`]];
    const sums = Float64Array.from(network[`b${layer}`]);
    inputs.forEach((input, i) => sums.forEach((_, j) => (sums[j] += input * weights[i * sums.length + j])));
    const last = layer + 2 === sizes.length;
    found.push(relu && !last ? sums.map((z) => Math.max(0, z)) : sums);
  }
  return found;
}

export function curveOutput(network, x, relu) {
  return activations(network, x, relu).at(-1)[0];
}

// Mean squared error on points [[x, y]] and its gradient, by backpropagation.
export function curveGradient(network, points, relu) {
  const gradient = {};
  for (const name of Object.keys(network)) if (name !== "sizes") gradient[name] = new Float64Array(network[name].length);
  let loss = 0;
  for (const [x, y] of points) {
    const found = activations(network, x, relu);
    const error = found.at(-1)[0] - y;
    loss += error ** 2 / points.length;
    let delta = Float64Array.of((2 * error) / points.length);
    for (let layer = found.length - 2; layer >= 0; layer--) {
      const [inputs, weights, outputs] = [found[layer], network[`w${layer}`], delta.length];
      const previous = new Float64Array(inputs.length);
      for (let j = 0; j < outputs; j++) gradient[`b${layer}`][j] += delta[j];
      for (let i = 0; i < inputs.length; i++) {
        for (let j = 0; j < outputs; j++) {
          gradient[`w${layer}`][i * outputs + j] += inputs[i] * delta[j];
          previous[i] += weights[i * outputs + j] * delta[j];
        }
      }
      delta = relu && layer > 0 ? previous.map((each, i) => (inputs[i] > 0 ? each : 0)) : previous;
    }
  }
  return { loss, gradient };
}

// The straight line with the least squared error through points [[x, y]]: [intercept, slope].
export function leastSquaresLine(points) {
  const n = points.length;
  const [meanX, meanY] = [0, 1].map((k) => points.reduce((sum, point) => sum + point[k], 0) / n);
  const spread = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  const slope = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0) / spread;
  return [meanY - slope * meanX, slope];
}
