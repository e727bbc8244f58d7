// Explains why a network read one digit and not another: how much the ink of each pixel adds to the lead of `digit` over
// `rival`.
//
// A point is a natural unit of log-odds of the calibrated probabilities that the page shows: a lead of 1 point makes
// one digit 2.7 times as probable as the other. While the same neurons are active, a network with one hidden layer of
// ReLUs is a plain sum over its pixels, so their contributions are exact (common/attribution.js). Any other network is
// rerun with small patches of ink erased (occlusion), as in inkling.explain.occlusion. With both methods, the effect of
// a dot of ink on empty paper is measured too.

import { contrastWeights, contributions } from "./attribution.js";
import { denseNetwork, forward } from "./dense_network.js";
import { networkParts } from "./network_parts.js";
import { sentenceOf } from "./why_words.js";

export const SIDE = 28;
const FAINT = 0.1; // ink, 0..1: a pixel with less is paper
const PATCH = 3; // pixels: a stroke is two to three pixels wide, so a patch cuts only one stroke
const DOT = 3; // pixels: the side of a dot of ink
const DOT_STEP = 2; // pixels from one dot to the next
const AT_ONCE = 32; // tiles per request, so that new strokes are read in between
const MIN_PROB = 1e-30; // lower bound of a probability in a logarithm

// {digit, rival, network, method: "exact" or "occlusion", lead: points, points: Float32Array of 784, above 0 where ink
// supports `digit`; biases: points due to no pixel, null for occlusion; missing: Float32Array of 784, the mean change
// in the lead from the dots of ink that cover a pixel, 0 on ink and far from the digit; sentence}.
//
// `tile`: 784 values, 0 paper to 1 ink. `signal` (AbortSignal) stops the computation with an AbortError.
export async function why({ engine, tile, network, digit, rival, signal = null }) {
  const dense = denseNetwork(network, await networkParts(engine, network));
  const ask = dense ? exactLeads(dense, digit, rival) : engineLeads({ engine, network, digit, rival, signal });
  const found = dense ? exact(dense, tile, digit, rival) : await occlusion(ask, tile);
  const missing = await missingInk(ask, tile, found.lead);
  const answer = { digit, rival, network, ...found, missing };
  return { ...answer, sentence: sentenceOf(answer, tile) };
}

// `network`: see common/dense_network.js.
function exact(network, tile, digit, rival) {
  const run = forward(network, tile);
  const of = contributions({ network, w1: network.w1, b1: network.b1 }, run, tile, contrastWeights(digit, rival));
  const points = Float32Array.from(of.points, (point) => point / network.temperature);
  return { method: "exact", lead: of.total / network.temperature, points, biases: of.biases / network.temperature };
}

// Each pixel gets the mean drop in the lead over the patches that cover it, times its ink. These points do not add up
// to the lead, because strokes can replace each other.
async function occlusion(leadsOf, tile) {
  const patches = squares(PATCH, 1).filter((at) => at.some((i) => tile[i] > FAINT));
  const leads = await leadsOf([tile, ...patches.map((at) => changed(tile, at, 0))]);
  const drops = spread(patches, (n) => leads[0] - leads[n + 1]);
  return { method: "occlusion", lead: leads[0], points: drops.map((drop, i) => drop * tile[i]), biases: null };
}

// Tests dots on the paper in the square around the digit. Ink farther out would enlarge the digit and change the tile.
async function missingInk(leadsOf, tile, lead) {
  const around = squareAround(tile);
  const isPaper = (at) => at.reduce((sum, i) => sum + tile[i], 0) < at.length / 2 && at.some((i) => around[i]);
  const dots = squares(DOT, DOT_STEP).filter(isPaper);
  const leads = await leadsOf(dots.map((at) => changed(tile, at, 1)));
  return spread(dots, (n) => leads[n] - lead).map((gain, i) => (around[i] && tile[i] <= FAINT ? gain : 0));
}

function exactLeads(network, digit, rival) {
  return async (tiles) =>
    tiles.map((tile) => {
      const { logits } = forward(network, tile);
      return (logits[digit] - logits[rival]) / network.temperature;
    });
}

function engineLeads({ engine, network, digit, rival, signal }) {
  return async (tiles) => {
    const leads = [];
    for (let from = 0; from < tiles.length; from += AT_ONCE) {
      signal?.throwIfAborted();
      const some = tiles.slice(from, from + AT_ONCE);
      const batch = new Float32Array(some.length * SIDE * SIDE);
      some.forEach((tile, n) => batch.set(tile, n * SIDE * SIDE));
      const { probs } = await engine.classify(batch, { network });
      for (let n = 0; n < some.length; n++) leads.push(logOf(probs[10 * n + digit]) - logOf(probs[10 * n + rival]));
    }
    signal?.throwIfAborted();
    return leads;
  };
}

function logOf(prob) {
  return Math.log(Math.max(prob, MIN_PROB));
}

// The pixels of the squares that cover a tile, clipped at its border.
function squares(side, step) {
  const found = [];
  const starts = [];
  for (let start = -(side >> 1); start < SIDE - (side >> 1); start += step) starts.push(start);
  for (const top of starts) {
    for (const left of starts) {
      const at = [];
      for (let y = Math.max(0, top); y < Math.min(SIDE, top + side); y++) {
        for (let x = Math.max(0, left); x < Math.min(SIDE, left + side); x++) at.push(y * SIDE + x);
      }
      found.push(at);
    }
  }
  return found;
}

function changed(tile, at, ink) {
  const other = Float32Array.from(tile);
  for (const i of at) other[i] = ink;
  return other;
}

// For each pixel, the mean of the values of the squares that cover it.
function spread(all, valueOf) {
  const [sums, counts] = [new Float32Array(SIDE * SIDE), new Uint8Array(SIDE * SIDE)];
  all.forEach((at, n) => {
    const value = valueOf(n);
    for (const i of at) {
      sums[i] += value;
      counts[i]++;
    }
  });
  return sums.map((sum, i) => sum / Math.max(1, counts[i]));
}

// A mask of the square around the ink, whose side is the ink's longer side; all 0 without ink.
function squareAround(tile) {
  const inside = new Uint8Array(SIDE * SIDE);
  const inked = [...tile.keys()].filter((i) => tile[i] > FAINT);
  if (inked.length === 0) return inside;
  const range = (values) => [Math.min(...values), Math.max(...values) + 1];
  const [[top, bottom], [left, right]] = [range(inked.map((i) => Math.floor(i / SIDE))), range(inked.map((i) => i % SIDE))];
  const reach = Math.max(bottom - top, right - left) / 2;
  const [from, to] = [(a, b) => Math.max(0, Math.round((a + b) / 2 - reach)), (a, b) => Math.round((a + b) / 2 + reach)];
  for (let y = from(top, bottom); y < Math.min(SIDE, to(top, bottom)); y++) {
    for (let x = from(left, right); x < Math.min(SIDE, to(left, right)); x++) inside[y * SIDE + x] = 1;
  }
  return inside;
}
