// A network with one hidden layer, shown whole: the diagram, one neuron, one output, attribution and controls.

import { denseNetwork, forward, loadNetwork } from "../common/dense_network.js";
import { networkParts } from "../common/network_parts.js";
import { pageEngine } from "../common/page_engine.js";
import { isStatic } from "../common/site.js";
import { Evaluation } from "./evaluation.js";
import { byId, write } from "../common/dom.js";
import { percent } from "../common/how_sure.js";
import { drawSigned } from "../common/pixel_maps.js";
import { LIMITS, ModifiedNetwork, within } from "./modified_network.js";
import { NeuronPanel } from "./neuron_panel.js";
import { ButtonGroup } from "./button_group.js";
import { plain, signed } from "./number_format.js";
import { showVerdict } from "./verdict.js";
import { AttributionPanel } from "./attribution_panel.js";
import { NetworkDiagram } from "./network_diagram.js";
import { ControlPanel } from "./control_panel.js";

const N_ABLATED = 10; // neurons switched off by one click

export class DenseView {
  modified = null;
  evaluation = null; // null while the test digits are being read
  neuron = 0; // the neuron on the page
  #chosen = null; // the chosen neuron; null for the one that contributes most to the answer
  #target = null; // the chosen output; null for the answer
  #contrast = null;
  #hover = null; // {hidden} or {output} under the pointer or with the keyboard focus

  // `output`: the page's OutputPanel, shared by both views.
  constructor({ source, digits, output, remember }) {
    Object.assign(this, { source, digits, output, remember });
    this.diagram = new NetworkDiagram(byId("net"));
    this.neurons = new ButtonGroup(byId("neurons"), {
      labelOf: (j) => `Neuron ${j + 1}, output ${plain(this.run.a1[j], 1)}`,
      onFocus: (j) => this.#focus(j < 0 ? null : { hidden: j }),
      onChoose: (j) => this.pick(j),
    });
    this.outputs = new ButtonGroup(byId("outputs"), {
      labelOf: (k) => `Output ${k}, ${percent(this.run.probs[k])}`,
      onFocus: (k) => this.#focus(k < 0 ? null : { output: k }),
      onChoose: (k) => this.explain(k),
    });
    this.view = new NeuronPanel();
    this.attribution = new AttributionPanel({ target: (k) => this.explain(k), contrast: (k) => this.explain(this.target, k) });
    this.controls = new ControlPanel({
      changed: (change) => this.change(() => this.modified.set(this.neuron, change)),
      temperatureChanged: (temperature) => this.change(() => (this.modified.temperature = temperature)),
      ablated: () => this.change(() => this.#ablate()),
      reset: () => this.change(() => this.modified.reset()),
      open: (index) => source.open(index),
    });
    byId("neuron-before").addEventListener("click", () => this.pick(this.neuron - 1));
    byId("neuron-after").addEventListener("click", () => this.pick(this.neuron + 1));
    byId("lines").addEventListener("input", () => this.#drawDiagram());
  }

  // Loads a network; `requested` has the neuron, the changes and the temperature from a link.
  async load(name, requested) {
    const network = await networkOf(name);
    this.modified = new ModifiedNetwork(network);
    this.evaluation = null;
    this.#chosen = this.#target = this.#contrast = null;
    if (requested.changes) this.modified.fromText(requested.changes);
    if (within(requested.temperature, LIMITS.temperature)) this.modified.temperature = requested.temperature;
    if (within(requested.neuron, [0, network.hidden - 1]) && Number.isInteger(requested.neuron)) this.#chosen = requested.neuron;
    this.#startEvaluation(network);
  }

  async #startEvaluation(network) {
    const isWanted = () => this.modified.network === network;
    const evaluation = await Evaluation.of(network, await this.digits, isWanted);
    if (!evaluation) return;
    this.evaluation = evaluation;
    this.images = await this.digits;
    this.#evaluate();
    this.#showEvaluation();
  }

  // Shows everything, after the tile, the network or the available space has changed.
  show() {
    if (!this.modified || !this.source.tile) return;
    this.run = this.modified.run(this.source.tile);
    this.was = this.modified.isModified ? forward(this.modified.network, this.source.tile) : this.run;
    const order = [...this.run.probs.keys()].sort((a, b) => this.run.probs[b] - this.run.probs[a]);
    const [answer, second] = order;
    if (this.answer !== answer) this.#target = this.#contrast = null;
    this.answer = answer;
    this.target = this.#target ?? answer;
    this.contrast = this.#contrast ?? (this.target === answer ? second : answer);
    if (this.contrast === this.target) this.contrast = this.target === answer ? second : answer;
    this.neuron = this.#chosen ?? this.#largestTerm(answer);
    this.#showAnswer();
    this.#placeButtons();
    this.#drawDiagram();
    this.#drawPanels();
    this.controls.showAnswer(this);
    this.#showEvaluation();
  }

  // Call when the available space has changed.
  resized() {
    this.diagram.isStale = true;
    this.show();
  }

  // Selects a neuron.
  pick(neuron) {
    const { hidden } = this.modified.network;
    this.#chosen = (neuron + hidden) % hidden;
    this.#hover = null;
    this.show();
    this.remember();
  }

  // Explains the score of `target` and its lead over `contrast`.
  explain(target, contrast = null) {
    this.#target = target;
    this.#contrast = contrast;
    this.show();
  }

  change(apply) {
    this.#chosen ??= this.neuron; // the controls keep the neuron that they change
    apply();
    this.#evaluate();
    this.show();
    this.remember();
    if (this.evaluation) this.controls.announce(this);
  }

  async nextMistake() {
    if (!this.evaluation) return;
    const index = this.evaluation.nextWrong(this.source.index ?? -1, this.modified);
    if (index >= 0) await this.source.open(index);
  }

  #evaluate() {
    this.result = this.evaluation?.evaluate(this.modified);
  }

  #showEvaluation() {
    this.controls.showEvaluation({ evaluation: this.evaluation, result: this.result, digits: this.images });
    byId("mistake").disabled = !this.evaluation;
  }

  #largestTerm(digit) {
    const { outputs, w2 } = this.modified.network;
    const terms = Array.from(this.run.a1, (a, j) => a * w2[j * outputs + digit]);
    return terms.indexOf(Math.max(...terms));
  }

  #ablate() {
    const on = [...Array(this.modified.network.hidden).keys()].filter((j) => this.modified.isOn(j));
    for (let n = 0; n < N_ABLATED && on.length > 0; n++) {
      this.modified.set(on.splice(Math.floor(Math.random() * on.length), 1)[0], { on: false });
    }
  }

  // For a drawing, the answer is that of the Draw page until the network is changed.
  #showAnswer() {
    showVerdict({ source: this.source, outputs: [...this.run.probs], note: this.modified.isModified ? "with your changes" : "" });
  }

  #placeButtons() {
    const layout = this.diagram.fit(this.modified.network.hidden);
    if (layout !== this.placed) this.#place(layout);
    this.neurons.pin(this.neuron);
    this.outputs.pin(this.target);
    this.neurons.rename();
    this.outputs.rename();
  }

  #place(layout) {
    this.placed = layout;
    this.neurons.place(layout.neurons, layout.columns, layout.cell);
    const size = layout.wide
      ? { w: Math.max(44, 2 * layout.outputRadius), h: layout.outputs[1].y - layout.outputs[0].y }
      : { w: layout.width / 10, h: Math.max(44, 2 * layout.outputRadius) };
    this.outputs.place(layout.outputs, layout.wide ? 1 : 10, size);
  }

  #drawDiagram() {
    const { modified, run, target } = this;
    const lines = Number(byId("lines").value);
    this.diagram.draw({ modified, run, tile: this.source.tile, focus: this.#hover, lines, pinned: this.neuron, target });
    this.#drawCard();
  }

  #drawPanels() {
    const { modified, run, target, contrast, neuron } = this;
    const all = { modified, run, tile: this.source.tile, target, contrast, neuron };
    this.view.draw(all);
    this.#drawOutput(all);
    this.attribution.draw(all);
    this.controls.showControls(all);
  }

  #drawOutput({ modified, run, target }) {
    const { outputs, hidden, w2, b2 } = modified.network;
    const weights = Float32Array.from({ length: hidden }, (_, j) => w2[j * outputs + target]);
    const draw = (canvas, j) => drawSigned(canvas, this.#weightsOf(j));
    const { logits, probs } = run;
    const { temperature } = modified;
    this.output.draw({ values: run.a1, weights, bias: b2[target], logits, probs, temperature, target, unit: { name: "Neuron", of: "", draw } });
  }

  #weightsOf(neuron) {
    const { network, w1 } = this.modified;
    return Float32Array.from({ length: network.pixels }, (_, i) => w1[i * network.hidden + neuron]);
  }

  #focus(focus) {
    if (JSON.stringify(focus) === JSON.stringify(this.#hover)) return;
    this.#hover = focus;
    this.#drawDiagram();
  }

  // Draws the weights of the neuron under the pointer, beside that neuron.
  #drawCard() {
    const j = this.#hover?.hidden;
    const card = byId("card");
    card.hidden = j === undefined;
    if (j === undefined) return;
    const { layout } = this.diagram;
    drawSigned(byId("card-map"), this.#weightsOf(j));
    write(byId("card-name"), `Neuron ${j + 1}`);
    write(byId("card-value"), `${signed(this.run.z1[j], 1)} → ${plain(this.run.a1[j], 1)}`);
    const { x, y } = layout.neurons[j];
    const left = x + layout.cell.w + card.offsetWidth > layout.width ? x - layout.cell.w * 0.6 - card.offsetWidth : x + layout.cell.w * 0.6;
    const top = Math.min(Math.max(0, y - card.offsetHeight / 2), layout.height - card.offsetHeight);
    Object.assign(card.style, { left: `${Math.max(0, left)}px`, top: `${top}px` });
  }
}

// The network from the page's engine, or from the server if the page cannot run the network.
async function networkOf(name) {
  const engine = await pageEngine(name);
  try {
    const network = engine && denseNetwork(name, await networkParts(engine, name));
    if (network) return network;
  } catch (error) {
    if (isStatic) throw error;
  }
  return loadNetwork(name);
}
