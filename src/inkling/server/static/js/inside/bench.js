// The test digits through a network whose knobs are being turned: what each neuron adds up is computed once, so that a
// turn of a knob costs only what that neuron says differently.

import { weighted } from "../common/network.js";

const AT_ONCE = 125; // digits before the page gets its turn

export class Bench {
  // `isWanted()` ends it early: null then.
  static async of(network, { images, labels }, isWanted = () => true) {
    const bench = new Bench(network, labels);
    const none = new Float32Array(network.hidden);
    for (let n = 0; n < labels.length; n++) {
      if (n % AT_ONCE === 0) await new Promise((done) => setTimeout(done));
      if (!isWanted()) return null;
      const tile = Float32Array.from(images.subarray(n * network.pixels, (n + 1) * network.pixels), (ink) => ink / 255);
      bench.#take(n, weighted(network.w1, none, tile));
    }
    bench.#begin();
    return bench;
  }

  constructor(network, labels) {
    this.network = network;
    this.labels = labels;
    this.count = labels.length;
    this.sums = new Float32Array(network.hidden * this.count); // without bias; a neuron's are side by side
    this.logits = new Float64Array(10 * this.count); // of the network as it is
  }

  #take(n, sums) {
    for (let j = 0; j < sums.length; j++) this.sums[j * this.count + n] = sums[j];
    const says = sums.map((sum, j) => Math.max(0, sum + this.network.b1[j]));
    this.logits.set(weighted(this.network.w2, this.network.b2, says).subarray(0, 10), 10 * n);
  }

  #begin() {
    this.answers = answersOf(this.logits);
    this.right = this.#countRight(this.answers);
    this.sure = meanShare(this.logits, this.network.temperature);
  }

  // {right, sure, flipped: [{index, label, before, after}]}: how many of the digits are read right with these knobs,
  // how sure the answers are on average, and which answers differ from those of the network as it is.
  judge(knobs) {
    const { touched } = knobs;
    if (touched.length === 0) {
      const sure = knobs.isTouched ? meanShare(this.logits, knobs.temperature) : this.sure;
      return { right: this.right, sure, flipped: [] };
    }
    const logits = this.logits.slice();
    for (const [neuron, knob] of touched) this.#turn(logits, neuron, knob);
    const answers = answersOf(logits);
    const flipped = [];
    for (let n = 0; n < this.count; n++) {
      const [before, after] = [this.answers[n], answers[n]];
      if (before !== after) flipped.push({ index: n, label: this.labels[n], before, after });
    }
    return { right: this.#countRight(answers), sure: meanShare(logits, knobs.temperature), flipped };
  }

  // The next test digit after `index` that the network with these knobs gets wrong; -1 when there is none.
  nextWrong(index, knobs) {
    const flipped = new Map(this.judge(knobs).flipped.map((one) => [one.index, one.after]));
    for (let step = 1; step <= this.count; step++) {
      const n = (index + step) % this.count;
      if ((flipped.get(n) ?? this.answers[n]) !== this.labels[n]) return n;
    }
    return -1;
  }

  #turn(logits, neuron, { on, scale, shift }) {
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

// How sure the answers are on average: the largest share of each ten scores.
function meanShare(logits, temperature) {
  let sum = 0;
  for (let at = 0; at < logits.length; at += 10) {
    let [top, total] = [-Infinity, 0];
    for (let k = at; k < at + 10; k++) if (logits[k] > top) top = logits[k];
    for (let k = at; k < at + 10; k++) total += Math.exp((logits[k] - top) / temperature);
    sum += 1 / total;
  }
  return (10 * sum) / logits.length;
}
