// The numbers on the textbook's pages, from the current digit and network.

import { percent } from "../common/how_sure.js";
import { plain, signed } from "./number_format.js";

// {name: text} for the page about `topic`; null if that part is hidden.
export function factsAbout(topic, { source, dense, layers }) {
  const isDense = document.querySelector("main").dataset.mode === "dense";
  const inked = source.tile?.reduce((n, ink) => n + (ink > 0 ? 1 : 0), 0);
  if (topic === "drawing") return source.tile ? { inked } : null;
  if (topic === "looks") return { looks: source.looks.length };
  if (topic === "row" || !source.tile) return null;
  const of = isDense ? ofDense(dense) : ofLayers(layers);
  return of && { inked, ...of };
}

function ofDense({ run, modified, neuron, target, answer, result }) {
  if (!run) return null;
  const bias = modified.b1[neuron];
  return {
    active: run.a1.filter((a) => a > 0).length, hidden: modified.network.hidden,
    neuron: neuron + 1, pixels: signed(run.z1[neuron] - bias), bias: signed(bias), sum: signed(run.z1[neuron]), value: plain(run.a1[neuron]),
    right: result?.right ?? "…", target, score: signed(run.logits[target]),
    temperature: plain(modified.temperature), answer, share: percent(run.probs[answer]),
  }; // prettier-ignore
}

function ofLayers({ run, map, panel, target, answer, probs, temperature }) {
  if (!run) return null;
  const layer = run.maps[map.layer];
  const digit = answer < 10 ? answer : probs.indexOf(Math.max(...probs));
  const at = layer.canAdd ? layer.sumAt(map.channel, panel.point) : null;
  return {
    maps: run.maps.reduce((sum, { channels }) => sum + channels, 0), layers: run.maps.length,
    target: target < 10 ? target : "none of the ten", map: map.channel + 1, layer: layer.number,
    kernels: layer.inChannels === 1 ? "one kernel" : `${layer.inChannels} kernels, one for each map before it,`,
    size: layer.kernel?.join(" × "), sum: at ? signed(at.sum) : "", value: at ? plain(at.value) : "",
    average: plain(layer.mean(map.channel), 3), score: signed(run.logits[target]),
    temperature: plain(temperature), answer: digit, share: percent(probs[digit]),
  }; // prettier-ignore
}
