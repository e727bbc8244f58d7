// The output of every layer of a network for a tile, computed in the page, or by the server if the page cannot.

import { ask } from "../common/api_client.js";
import { networkParts } from "../common/network_parts.js";
import { pageEngine } from "../common/page_engine.js";
import { isStatic } from "../common/site.js";

// {outputs: [{name, type, shape, values}], weights: see common/network_parts.js, null if unknown}. Throws ApiError or
// Unavailable.
export async function layersOf(name, tile) {
  const engine = await pageEngine(name);
  if (engine) {
    try {
      const [outputs, weights] = await Promise.all([engine.layers(tile, { network: name }), networkParts(engine, name)]);
      return { outputs, weights };
    } catch (error) {
      if (isStatic) throw error;
    }
  }
  return { outputs: await fromServer(name, tile), weights: null };
}

// The server rounds to 255 steps between a layer's lowest and highest number.
async function fromServer(name, tile) {
  const bytes = Uint8Array.from(tile, (ink) => Math.round(ink * 255));
  const { layers } = await ask(`models/${encodeURIComponent(name)}/layers`, new Blob([bytes]), {});
  return layers.map(({ name, type, channels, size: [h, w], low, high, maps }) => {
    const steps = Uint8Array.from(atob(maps), (letter) => letter.charCodeAt(0));
    const values = new Float32Array(steps.length);
    const points = h * w;
    for (let c = 0; c < channels; c++) {
      for (let at = 0; at < points; at++) values[at * channels + c] = low + (steps[c * points + at] / 255) * (high - low);
    }
    return { name, type, shape: points > 1 ? [h, w, channels] : [channels], values };
  });
}
