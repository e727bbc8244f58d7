// What each pixel adds to a score, exactly. A network of ReLUs is a plain weighted sum of its pixels as long as the same
// neurons speak: so each pixel's part of a score can be read off, and all parts and the biases add up to it.

// `question`: ten weights of the scores, such as 1 for a digit, or 1 for one and -1 for another.
// {points: 784 numbers, pixels: their sum, biases: what no pixel brings, total: the score or lead}
export function contributions(knobs, { a1 }, tile, question) {
  const { network, w1, b1 } = knobs;
  const { hidden, outputs, w2, b2, pixels: size } = network;
  const outgoing = new Float64Array(hidden); // what a neuron's voice counts in the question; 0 of a silent one
  let biases = 0;
  for (let k = 0; k < 10; k++) biases += question[k] * b2[k];
  const speaking = [];
  for (let j = 0; j < hidden; j++) {
    if (a1[j] === 0) continue;
    for (let k = 0; k < 10; k++) outgoing[j] += question[k] * w2[j * outputs + k];
    biases += outgoing[j] * b1[j];
    speaking.push(j);
  }
  const points = new Float64Array(size);
  let pixels = 0;
  for (let i = 0; i < size; i++) {
    if (tile[i] === 0) continue;
    let slope = 0;
    for (const j of speaking) slope += outgoing[j] * w1[i * hidden + j];
    points[i] = slope * tile[i];
    pixels += points[i];
  }
  return { points, pixels, biases, total: pixels + biases };
}

// The question "why this digit", or "why this one rather than that".
export function question(digit, rival = null) {
  const weights = new Float64Array(10);
  weights[digit] = 1;
  if (rival !== null) weights[rival] = -1;
  return weights;
}
