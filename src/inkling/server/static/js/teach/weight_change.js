// The last layer of a version minus that of the original network: a row of 97 weights for each output; blue means a
// higher weight, ochre a lower one.

import { whenColoursChange } from "../common/colours.js";
import { byId, make } from "../common/dom.js";
import { named, sentenceOf, versionWeights } from "../common/hands_client.js";
import { drawSigned, peakOf } from "../common/pixel_maps.js";

const host = byId("result-weights");
let wanted = null; // {name, version} of the hand
let shown = null; // {labels, change}

// Requests the weights when `details` is open.
export function showWeights(details, name, version) {
  wanted = { name, version: version.version };
  details.hidden = version.kind !== "light";
  host.replaceChildren();
  shown = null;
  details.ontoggle = () => details.open && load();
  if (details.open) load();
}

async function load() {
  if (shown) return;
  const asked = wanted;
  try {
    const answer = await versionWeights(asked.name, asked.version);
    if (asked !== wanted) return;
    shown = answer;
    host.replaceChildren(...content(answer));
    paint();
  } catch (error) {
    host.textContent = sentenceOf(error);
  }
}

function content({ labels, change, prototypes }) {
  const rows = labels.map((label, i) => {
    const canvas = make("canvas", { role: "img" });
    canvas.setAttribute("aria-label", `${named(label)}: ${change[i].length} weights, ${share(change, i)} of the total change`);
    return make("div", { className: "weight-row" }, make("b", { textContent: label.length > 1 ? "–" : label }), canvas, make("span", { textContent: share(change, i) }));
  });
  const legend = make("p", { className: "quiet" }, make("span", { className: "swatch minus" }), " lower, ", make("span", { className: "swatch plus" }), " higher weight than before");
  return [make("p", { textContent: inWords(labels, change) }), ...rows, legend, make("p", { textContent: ofPrototypes(labels, prototypes) })];
}

function paint() {
  if (!shown) return;
  const peak = peakOf(shown.change.flat());
  host.querySelectorAll("canvas").forEach((canvas, i) => drawSigned(canvas, shown.change[i], { width: shown.change[i].length, peak }));
}

function squares(row) {
  return row.reduce((sum, value) => sum + value * value, 0);
}

function share(change, i) {
  const all = change.reduce((sum, row) => sum + squares(row), 0);
  return `${Math.round((100 * squares(change[i])) / (all || 1))} %`;
}

function inWords(labels, change) {
  const order = labels.map((_, i) => i).sort((a, b) => squares(change[b]) - squares(change[a]));
  const [first, second] = order;
  const feature = change[first].map(Math.abs).indexOf(peakOf(change[first]));
  const by = change[first][feature];
  return (
    `Each row is an output, each column a feature. The weights of ${named(labels[first])} changed most (${share(change, first)} of the squared change), ` +
    `then those of ${named(labels[second])} (${share(change, second)}). Feature ${feature + 1} now counts ${Math.abs(by).toFixed(2)} ${by > 0 ? "more" : "less"} for ${named(labels[first])}.`
  );
}

// The weights of the similarities to the prototypes, (11, P), in words.
function ofPrototypes(labels, prototypes) {
  const n = prototypes[0].length;
  if (n === 0) return "There are no prototypes: no digit was misread.";
  const sums = prototypes.map((row) => row.reduce((sum, value) => sum + value, 0) / n);
  const [most, least] = [sums.indexOf(Math.max(...sums)), sums.indexOf(Math.min(...sums))];
  return (
    `It also compares each digit with ${n === 1 ? "one prototype" : `${n} prototypes`}: your misread digits, some of them also turned and slanted. ` +
    `Similarity to ${n === 1 ? "it" : "them"} counts most for ${named(labels[most])} and most against ${named(labels[least])}.`
  );
}

whenColoursChange(paint);
