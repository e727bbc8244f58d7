// What is looked at and how the knobs stand, in the address: #d=DRAWING or #i=TEST DIGIT, &m=MODEL, &n=NEURON,
// &k=KNOBS, &t=TEMPERATURE.

import { decode, encode } from "../common/drawing.js";

// {model, strokes, index, neuron, knobs, temperature}: undefined where the address says nothing; strokes are null when
// they cannot be trusted.
export function fromAddress(hash) {
  const said = new URLSearchParams(hash.replace(/^#/, ""));
  const number = (name) => (/^-?[\d.]{1,8}$/.test(said.get(name) ?? "") ? Number(said.get(name)) : undefined);
  return {
    model: said.get("m") ?? undefined,
    strokes: said.has("d") ? decode(said.get("d")) : undefined,
    index: number("i") === undefined ? undefined : number("i") - 1,
    neuron: number("n") === undefined ? undefined : number("n") - 1,
    knobs: said.get("k") ?? undefined,
    temperature: number("t"),
  };
}

export function toAddress({ model, source, neuron, knobs }) {
  const said = new URLSearchParams();
  if (source.isDigit) said.set("i", source.index + 1);
  else if (encode(source.board.strokes) !== null) said.set("d", encode(source.board.strokes));
  said.set("m", model);
  if (neuron !== null && knobs) said.set("n", neuron + 1);
  if (knobs?.touched.length) said.set("k", knobs.toText());
  if (knobs && knobs.temperature !== knobs.network.temperature) said.set("t", knobs.temperature);
  return `#${said}`;
}
