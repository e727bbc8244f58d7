// The strongest connections on this drawing: weight x input.

// The indices of the `n` largest absolute `values`, the largest first. A histogram avoids sorting all of them.
export function strongest(values, n) {
  const bins = 256;
  let peak = 0;
  for (let i = 0; i < values.length; i++) peak = Math.max(peak, Math.abs(values[i]));
  if (peak === 0 || n <= 0) return [];
  const counts = new Uint32Array(bins + 1);
  const scale = bins / peak;
  for (let i = 0; i < values.length; i++) counts[Math.floor(Math.abs(values[i]) * scale)]++;
  let [bin, above] = [bins, counts[bins]];
  while (above < n && bin > 0) above += counts[--bin];
  const found = [];
  for (let i = 0; i < values.length; i++) {
    if (values[i] !== 0 && Math.floor(Math.abs(values[i]) * scale) >= bin) found.push(i);
  }
  return found.sort((a, b) => Math.abs(values[b]) - Math.abs(values[a])).slice(0, n);
}

// The product on every connection: {first, second}, with the indices pixel * hidden + neuron and neuron * 10 + digit.
// `focus` selects one neuron {hidden}, or everything that leads to one output {output}.
export function flows(modified, { a1 }, tile, focus) {
  const { hidden, outputs, w2 } = modified.network;
  const second = new Float32Array(hidden * 10);
  const passes = new Float32Array(hidden); // the factor of each neuron for the lines of the first layer
  for (let j = 0; j < hidden; j++) {
    if (focus?.hidden !== undefined) passes[j] = j === focus.hidden ? 1 : 0;
    else if (a1[j] > 0) passes[j] = focus?.output === undefined ? 1 : w2[j * outputs + focus.output];
    if (focus?.hidden !== undefined && j !== focus.hidden) continue;
    for (let k = 0; k < 10; k++) {
      if (focus?.output === undefined || k === focus.output) second[j * 10 + k] = a1[j] * w2[j * outputs + k];
    }
  }
  const first = new Float32Array(tile.length * hidden);
  for (let i = 0; i < tile.length; i++) {
    if (tile[i] === 0) continue;
    for (let j = 0, at = i * hidden; j < hidden; j++, at++) first[at] = modified.w1[at] * tile[i] * passes[j];
  }
  return { first, second };
}
