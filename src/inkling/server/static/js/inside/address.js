// The state of the page in its address: #d=DRAWING or #i=TEST DIGIT, &m=MODEL, &n=NEURON,
// &k=CHANGES of neurons, &t=TEMPERATURE.

import { decode, encode } from "../common/drawing.js";

// {model, strokes, index, neuron, changes, temperature}; each is undefined if it is not in the address. `strokes` is
// null if the drawing is damaged.
export function fromAddress(hash) {
  const parameters = new URLSearchParams(hash.replace(/^#/, ""));
  const number = (name) => (/^-?[\d.]{1,8}$/.test(parameters.get(name) ?? "") ? Number(parameters.get(name)) : undefined);
  return {
    model: parameters.get("m") ?? undefined,
    strokes: parameters.has("d") ? decode(parameters.get("d")) : undefined,
    index: number("i") === undefined ? undefined : number("i") - 1,
    neuron: number("n") === undefined ? undefined : number("n") - 1,
    changes: parameters.get("k") ?? undefined,
    temperature: number("t"),
  };
}

export function toAddress({ model, source, neuron, modified }) {
  const parameters = new URLSearchParams();
  if (source.isDigit) parameters.set("i", source.index + 1);
  else if (encode(source.board.strokes) !== null) parameters.set("d", encode(source.board.strokes));
  parameters.set("m", model);
  if (neuron !== null && modified) parameters.set("n", neuron + 1);
  if (modified?.changes.length) parameters.set("k", modified.toText());
  if (modified && modified.temperature !== modified.network.temperature) parameters.set("t", modified.temperature);
  return `#${parameters}`;
}
