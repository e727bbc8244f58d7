// Evaluates a modified network on the test digits. The pre-activations of all neurons are computed once, so that after
// a change to one neuron only the difference in its activation is computed.

import { affine } from "../common/dense_network.js";

const AT_ONCE = 125; // digits between two pauses for the page

export class Evaluation {
  // Returns null as soon as `isWanted()` is false.
  static async of(network, { images, labels }, isWanted = () => true) {
    const evaluation = new Evaluation(network, labels);
    const none = new Float32Array(network.hidden);
    for (let n = 0; n < labels.length; n++) {
      if (n % AT_ONCE === 0) await new Promise((done) => setTimeout(done));
      if (!isWanted()) return null;
      const tile = Float32Array.from(images.subarray(n * network.pixels, (n + 1) * network.pixels), (ink) => ink / 255);
      evaluation.#take(n, affine(network.w1, none, tile));
    }
    evaluation.#begin();
    return evaluation;
  }

  constructor(network, labels) {
    this.network = network;
    this.labels = labels;
    this.count = labels.length;
    this.sums = new Float32Array(network.hidden * this.count); // without bias; the values of a neuron are contiguous
    this.logits = new Float64Array(10 * this.count); // of the unmodified network
  }

  #take(n, sums) {
    for (let j = 0; j < sums.length; j++) this.sums[j * this.count + n] = sums[j];
    const activations = sums.map((sum, j) => Math.max(0, sum + this.network.b1[j]));
    this.logits.set(affine(this.network.w2, this.network.b2, activations).subarray(0, 10), 10 * n);
  }

  #begin() {
    this.answers = answersOf(this.logits);
    this.right = this.#countRight(this.answers);
    this.sure = meanConfidence(this.logits, this.network.temperature);
  }

  // {right, sure, flipped: [{index, label, before, after}]}: the number of digits read correctly with these changes, the
  // mean confidence, and the answers that differ from those of the unmodified network.
  evaluate(modified) {
    const { changes } = modified;
    if (changes.length === 0) {
      const sure = modified.isModified ? meanConfidence(this.logits, modified.temperature) : this.sure;
      return { right: this.right, sure, flipped: [] };
    }
    const logits = this.logits.slice();
    for (const [neuron, change] of changes) this.#apply(logits, neuron, change);
    const answers = answersOf(logits);
    const flipped = [];
    for (let n = 0; n < this.count; n++) {
      const [before, after] = [this.answers[n], answers[n]];
      if (before !== after) flipped.push({ index: n, label: this.labels[n], before, after });
    }
    return { right: this.#countRight(answers), sure: meanConfidence(logits, modified.temperature), flipped };
  }

  // The next test digit after `index` that the modified network misreads; -1 if there is none.
  nextWrong(index, modified) {
    const flipped = new Map(this.evaluate(modified).flipped.map((one) => [one.index, one.after]));
    for (let step = 1; step <= this.count; step++) {
      const n = (index + step) % this.count;
      if ((flipped.get(n) ?? this.answers[n]) !== this.labels[n]) return n;
    }
    return -1;
  }

  #apply(logits, neuron, { on, scale, shift }) {
    const { w2, b1, outputs } = this.network;
    const [bias, from, weightsAt] = [b1[neuron], neuron * this.count, neuron * outputs];
    for (let n = 0; n < this.count; n++) {
      const sum = this.sums[from + n];
      const change = (on ? Math.max(0, sum * scale + bias + shift) : 0) - Math.max(0, sum + bias);
      if (change === 0) continue;
      for (let k = 0, at = 10 * n; k < 10; k++, at++) logits[at] += change * w2[weightsAt + k];
    }
  }

  #countRight(answers) {
    let right = 0;
    for (let n = 0; n < this.count; n++) if (answers[n] === this.labels[n]) right++;
    return right;
  }
}

function answersOf(logits) {
  const answers = new Uint8Array(logits.length / 10);
  for (let n = 0; n < answers.length; n++) {
    const at = 10 * n;
    let best = 0;
    for (let k = 1; k < 10; k++) if (logits[at + k] > logits[at + best]) best = k;
    answers[n] = best;
  }
  return answers;
}

// The mean confidence: the mean of each digit's largest probability.
function meanConfidence(logits, temperature) {
  let sum = 0;
  for (let at = 0; at < logits.length; at += 10) {
    let [top, total] = [-Infinity, 0];
    for (let k = at; k < at + 10; k++) if (logits[k] > top) top = logits[k];
    for (let k = at; k < at + 10; k++) total += Math.exp((logits[k] - top) / temperature);
    sum += 1 / total;
  }
  return (10 * sum) / logits.length;
}
