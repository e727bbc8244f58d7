// One layer of a network: maps or single numbers, and for a convolution the sum behind every point.

export class Layer {
  #shares = new Map(); // of each map, computed once

  // `parts`: weights, shape, bias and padding, as in common/network_parts.js; null if unknown.
  // `sees` {reach, step, start}: which pixels of the drawing a point of the input depends on.
  constructor({ name, type, shape, values, parts, input, sees, number }) {
    Object.assign(this, { name, type, values, parts, number, inputs: input.values });
    this.isMaps = shape.length === 3;
    [this.height, this.width, this.channels] = this.isMaps ? shape : [1, 1, shape.at(-1)];
    [this.inHeight, this.inWidth, this.inChannels] = input.shape.length === 3 ? input.shape : [1, 1, input.shape.at(-1)];
    this.kernel = type === "Conv2D" && parts ? parts.shape.slice(1, 3) : null; // [h, w]
    this.stride = this.isMaps ? Math.round(this.inWidth / this.width) : 1;
    this.before = this.kernel && parts.padding === "same" ? this.kernel.map((side, axis) => this.#padding(side, axis)) : [0, 0];
    const side = this.kernel?.[1] ?? this.stride;
    this.sees = {
      reach: sees.reach + (side - 1) * sees.step,
      step: sees.step * this.stride,
      start: sees.start - this.before[1] * sees.step,
    };
  }

  // The number of zeros before the first row or column; "same" adds the odd one after the last.
  #padding(side, axis) {
    const [size, out] = axis === 0 ? [this.inHeight, this.height] : [this.inWidth, this.width];
    return Math.floor(Math.max(0, (out - 1) * this.stride + side - size) / 2);
  }

  get points() {
    return this.height * this.width;
  }

  get canAdd() {
    return this.kernel !== null && this.parts.weights !== null;
  }

  // The first row and column of a point's patch in the input.
  corner(point) {
    return { top: Math.floor(point / this.width) * this.stride - this.before[0], left: (point % this.width) * this.stride - this.before[1] };
  }

  // One map: Float32Array of height * width.
  map(channel) {
    const map = new Float32Array(this.points); // a loop, because `Float32Array.from` takes several times as long
    for (let at = 0; at < map.length; at++) map[at] = this.values[at * this.channels + channel];
    return map;
  }

  inputMap(channel) {
    const size = this.inHeight * this.inWidth;
    return Float32Array.from({ length: size }, (_, at) => this.inputs[at * this.inChannels + channel]);
  }

  mean(channel) {
    let sum = 0;
    for (let at = 0; at < this.points; at++) sum += this.values[at * this.channels + channel];
    return sum / this.points;
  }

  // The kernel of one map for one of its inputs.
  kernelOf(channel, input) {
    const [h, w] = this.kernel;
    return Float32Array.from({ length: h * w }, (_, k) => this.parts.weights[(channel * h * w + k) * this.inChannels + input]);
  }

  // The patch of the input under the kernel at a point, with zeros outside the input.
  patchOf(point, input) {
    const [h, w] = this.kernel;
    const { top, left } = this.corner(point);
    return Float32Array.from({ length: h * w }, (_, k) => this.#input(top + Math.floor(k / w), left + (k % w), input));
  }

  // The sum behind a point: {terms: what each input adds, bias, sum, value: after ReLU}.
  sumAt(channel, point) {
    const terms = new Float64Array(this.inChannels);
    this.#addTerms(terms, channel, point);
    const bias = this.parts.bias?.[channel] ?? 0;
    const sum = terms.reduce((total, term) => total + term, bias);
    return { terms, bias, sum, value: this.values[point * this.channels + channel] };
  }

  // What each input adds to one map, over all points where the map is active; below 0 if it lowers the map.
  shares(channel) {
    if (!this.#shares.has(channel)) this.#shares.set(channel, this.#addShares(channel));
    return this.#shares.get(channel);
  }

  #addShares(channel) {
    const shares = new Float64Array(this.inChannels);
    for (let point = 0; point < this.points; point++) {
      if (this.values[point * this.channels + channel] > 0) this.#addTerms(shares, channel, point);
    }
    return shares;
  }

  // The importance of each input, given the importance `counts` of the maps `channels`. Each map divides its importance
  // among its inputs.
  countsOfInputs(channels, counts) {
    if (!this.canAdd) return this.inChannels === this.channels ? counts : new Float64Array(this.inChannels);
    const found = new Float64Array(this.inChannels);
    for (const channel of channels) {
      const shares = this.shares(channel);
      const total = shares.reduce((sum, share) => sum + Math.abs(share), 1e-9);
      for (let c = 0; c < shares.length; c++) found[c] += (counts[channel] * Math.abs(shares[c])) / total;
    }
    return found;
  }

  #input(y, x, channel) {
    const isInside = y >= 0 && x >= 0 && y < this.inHeight && x < this.inWidth;
    return isInside ? this.inputs[(y * this.inWidth + x) * this.inChannels + channel] : 0;
  }

  #addTerms(terms, channel, point) {
    const [h, w] = this.kernel;
    const { top, left } = this.corner(point);
    const { inChannels, inHeight, inWidth, inputs } = this;
    const { weights } = this.parts;
    for (let ky = 0; ky < h; ky++) {
      const y = top + ky;
      if (y < 0 || y >= inHeight) continue;
      for (let kx = 0; kx < w; kx++) {
        const x = left + kx;
        if (x < 0 || x >= inWidth) continue;
        let [from, at] = [(y * inWidth + x) * inChannels, ((channel * h + ky) * w + kx) * inChannels];
        for (let c = 0; c < inChannels; c++, from++, at++) terms[c] += inputs[from] * weights[at];
      }
    }
  }
}
