// The activations of each layer for a tile: requested from the server, unpacked and described.

import { ask } from "../common/api_client.js";

const SIDE = 28;

// {layers: [{name, type, maps: [Float32Array, ...], size: [h, w], low, high, title, does, sees}], probs, not_digit}.
// Throws Refused or Away.
export async function layers(name, tile) {
  const bytes = Uint8Array.from(tile, (ink) => Math.round(ink * 255));
  const answer = await ask(`models/${encodeURIComponent(name)}/layers`, new Blob([bytes]), {});
  return { ...answer, layers: told(answer.layers.map(unpacked)) };
}

function unpacked(layer) {
  const { channels, size, low, high } = layer;
  const n = size[0] * size[1];
  const steps = Uint8Array.from(atob(layer.maps), (letter) => letter.charCodeAt(0));
  const maps = Array.from({ length: channels }, (_, c) =>
    Float32Array.from(steps.subarray(c * n, (c + 1) * n), (step) => low + (step / 255) * (high - low)),
  );
  return { ...layer, maps };
}

// Adds a title, a line on what the layer does, and which part of the drawing a point of its maps sees: `sees` {reach,
// step, start} in pixels.
function told(all) {
  let sees = { reach: 1, step: 1, start: 0 };
  let [before, side, number] = [0, SIDE, 0];
  return all.map((layer, i) => {
    const [h] = layer.size;
    const isMap = h > 1;
    if (layer.kernel) {
      const padding = Math.max(0, (h - 1) * layer.stride + layer.kernel - side);
      sees = {
        reach: sees.reach + (layer.kernel - 1) * sees.step,
        start: sees.start - Math.floor(padding / 2) * sees.step, // "same" padding, the odd pixel on the far side
        step: sees.step * layer.stride,
      };
      number++;
    }
    const isScores = i === all.length - 1;
    const facts = { ...layer, isScores, sees: isMap ? sees : null, title: titleOf(layer, number, isScores) };
    facts.does = doesOf(facts, { before, isFirst: number === 1 });
    before = layer.channels;
    if (isMap) side = h;
    return facts;
  });
}

function titleOf({ type, kernel, channels, size }, number, isLast) {
  if (kernel) return `Convolution ${number}: ${channels} maps of ${size[0]} × ${size[1]}`;
  if (type.includes("Average")) return `Average: ${channels} numbers`;
  if (isLast) return `Scores: ${channels} numbers`;
  return `${type}: ${channels} ${size[0] > 1 ? `maps of ${size[0]} × ${size[1]}` : "numbers"}`;
}

function doesOf({ kernel, stride, sees, type, channels, isScores }, { before, isFirst }) {
  if (isFirst && kernel) {
    return `Each map slides a pattern of ${kernel} × ${kernel} pixels over the drawing and lights up where it fits: edges, slants, ends of strokes.`;
  }
  const part = sees && (sees.reach < SIDE ? `${sees.reach} × ${sees.reach} pixels of the drawing` : "the whole drawing");
  const wide = `Each point sees ${part}.`;
  if (kernel && stride > 1) {
    return `Each map mixes patterns from all ${before} before it, and moves ${stride} pixels at a time: half the side, a wider view. ${wide}`;
  }
  if (kernel) return `Each map mixes patterns from all ${before} before it into larger ones: bows, corners, crossings. ${wide}`;
  if (type.includes("Average")) return "Each map becomes one number: how much of its shape there is, wherever it stands.";
  if (isScores) {
    const none = channels > 10 ? ", and of none of them," : "";
    return `Each score weighs those ${before} numbers for one digit; softmax makes the shares of the ten digits${none} that are shown above.`;
  }
  return "Each number weighs everything before it; ReLU turns what is below 0 into 0.";
}
