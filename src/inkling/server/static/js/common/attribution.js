// Exact attribution of a score to pixels. A ReLU network is linear as long as the same neurons are active, so each
// pixel's contribution is its gradient times its value, and all contributions and the biases add up to the score.

// `weights`: ten weights for the scores, such as 1 for one digit and -1 for another; see `contrastWeights`. Returns
// {points: 784 numbers, pixels: their sum, biases: the part due to no pixel, total: the score or lead}.
export function contributions(modified, { a1 }, tile, weights) {
  const { network, w1, b1 } = modified;
  const { hidden, outputs, w2, b2, pixels: size } = network;
  // The gradient of the weighted score with respect to each activation; 0 for an inactive neuron.
  const outgoing = new Float64Array(hidden);
  let biases = 0;
  for (let k = 0; k < 10; k++) biases += weights[k] * b2[k];
  const active = [];
  for (let j = 0; j < hidden; j++) {
    if (a1[j] === 0) continue;
    for (let k = 0; k < 10; k++) outgoing[j] += weights[k] * w2[j * outputs + k];
    biases += outgoing[j] * b1[j];
    active.push(j);
  }
  const points = new Float64Array(size);
  let pixels = 0;
  for (let i = 0; i < size; i++) {
    if (tile[i] === 0) continue;
    let slope = 0;
    for (const j of active) slope += outgoing[j] * w1[i * hidden + j];
    points[i] = slope * tile[i];
    pixels += points[i];
  }
  return { points, pixels, biases, total: pixels + biases };
}

// Weights for the score of a digit, or for its lead over another digit.
export function contrastWeights(digit, contrast = null) {
  const weights = new Float64Array(10);
  weights[digit] = 1;
  if (contrast !== null) weights[contrast] = -1;
  return weights;
}
