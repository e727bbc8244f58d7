// The computation of a network with layers of maps for one tile, point by point: the products and their sums.
//
// Arrays are channels last: values[(y * width + x) * channels + c]. A convolution's weights are (O, h, w, I).

import { Layer } from "./conv_layer.js";

const SIDE = 28;

export class ConvRun {
  // `outputs`: [{name, type, shape, values}] from engine.layers. `weights`: see common/network_parts.js; null if
  // unknown, in which case there are maps but no sums.
  constructor({ tile, outputs, weights }) {
    this.tile = tile;
    let input = { shape: [SIDE, SIDE, 1], values: tile };
    let sees = { reach: 1, step: 1, start: 0 };
    let number = 0;
    this.layers = outputs.map((output, i) => {
      if (output.shape.length === 3) number++;
      const layer = new Layer({ ...output, parts: weights?.layers[i] ?? null, input, sees, number });
      [input, sees] = [output, layer.sees];
      return layer;
    });
    this.maps = this.layers.filter(({ isMaps }) => isMaps);
    this.last = this.layers.at(-1); // gives the scores
    this.features = this.layers.at(-2); // the inputs of the last layer
  }

  get logits() {
    return this.last.values;
  }

  // {values, weights: of `output`, bias}: the sum that gives one score. Null if the weights are unknown.
  scoreOf(output) {
    const { parts } = this.last;
    if (!parts) return null;
    const n = this.features.values.length;
    return { values: this.features.values, weights: parts.weights.subarray(output * n, (output + 1) * n), bias: parts.bias[output] };
  }

  // The `n` most important maps of each layer for the score of `target`, in order: [[channel, ...], ...]. They are
  // chosen from the last layer backward: a map's importance is what it adds to the maps chosen in the next layer.
  // `pinned` {layer, channel} is always included.
  strongest(target, n, pinned = null) {
    const chosen = [];
    let counts = this.#forScore(target);
    for (let i = this.maps.length - 1; i >= 0; i--) {
      const layer = this.maps[i];
      if (i < this.maps.length - 1) counts = this.maps[i + 1].countsOfInputs(chosen[0], counts);
      const picked = [...counts.keys()].sort((a, b) => counts[b] - counts[a]).slice(0, n);
      if (pinned?.layer === i && !picked.includes(pinned.channel)) picked[picked.length - 1] = pinned.channel;
      chosen.unshift(picked);
    }
    return chosen;
  }

  // The map of the last layer of maps that adds most to the score of `target`.
  addsMost(target) {
    const score = this.scoreOf(target);
    if (!score || this.features.channels !== this.maps.at(-1).channels) return this.strongest(target, 1).at(-1)[0];
    const terms = score.values.map((value, c) => value * score.weights[c]);
    return terms.indexOf(Math.max(...terms));
  }

  // The importance of each map of the last layer for a score: the absolute value of its average times its weight, or
  // its average alone if the score is not a sum of averages.
  #forScore(target) {
    const layer = this.maps.at(-1);
    const score = this.scoreOf(target);
    const isAveraged = score && this.features.channels === layer.channels;
    return Float64Array.from({ length: layer.channels }, (_, c) => (isAveraged ? Math.abs(score.values[c] * score.weights[c]) : layer.mean(c)));
  }
}
