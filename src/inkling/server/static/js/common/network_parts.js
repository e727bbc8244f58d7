// The weights and layer settings of a network that runs in the page.

const known = new WeakMap(); // engine -> Map of network -> promise

// {temperature, layers: [{name, type, weights, shape, bias, padding, activation}, ...]}, in the order of `engine.layers`.
// The weights of a convolution are (O, h, w, I), of a depthwise one (h, w, O), of a dense layer (O, I); null for a
// layer without weights. Rejects with EngineUnavailable, whose message is written for users.
export function networkParts(engine, network) {
  if (!known.has(engine)) known.set(engine, new Map());
  const parts = known.get(engine);
  if (!parts.has(network)) {
    const loading = load(engine, network);
    parts.set(network, loading);
    loading.catch(() => parts.delete(network)); // so that the next call tries again
  }
  return parts.get(network);
}

async function load(engine, network) {
  const { steps, manifest } = await engine.load(network);
  const { layers } = await engine.weights({ network });
  const named = steps.filter(({ type }) => type);
  const of = ({ name, type, weights, padding, activation }, i) => {
    const shape = weights?.shape ?? null;
    const bias = layers[i]?.bias ?? (shape && new Float32Array(shape[0]));
    return { name, type, padding, activation, shape, weights: layers[i]?.weights ?? null, bias };
  };
  return { temperature: manifest.temperature ?? 1, layers: named.map(of) };
}
