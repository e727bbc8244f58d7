// A network of one hidden layer, shown whole: the stage, one neuron, one output, the reasons, and the knobs.

import { forward, loadNetwork } from "../common/network.js";
import { Bench } from "./bench.js";
import { byId, write } from "./dom.js";
import { drawSigned } from "./maps.js";
import { Knobs, LIMITS, within } from "./knobs.js";
import { Neuron } from "./neuron.js";
import { Neurons } from "./neurons.js";
import { percent, plain, signed } from "./numbers.js";
import { Output } from "./output.js";
import { Reasons } from "./reasons.js";
import { Stage } from "./stage.js";
import { Tuning } from "./tuning.js";

const AT_RANDOM = 10; // neurons switched off at a time

export class Dense {
  knobs = null;
  bench = null; // null while the test digits are being read
  neuron = 0; // the one that is looked at
  #chosen = null; // a neuron that was picked; else the one that says most for the answer
  #target = null; // an output that was picked, and the answer at that time
  #rival = null;
  #hover = null; // {hidden} or {output} under the pointer or the keys

  constructor({ source, digits, remember }) {
    Object.assign(this, { source, digits, remember });
    this.stage = new Stage(byId("net"));
    this.neurons = new Neurons(byId("neurons"), {
      named: (j) => `Neuron ${j + 1}, says ${plain(this.run.a1[j], 1)}`,
      looked: (j) => this.#look(j < 0 ? null : { hidden: j }),
      chosen: (j) => this.pick(j),
    });
    this.outputs = new Neurons(byId("outputs"), {
      named: (k) => `Output ${k}, ${percent(this.run.probs[k])}`,
      looked: (k) => this.#look(k < 0 ? null : { output: k }),
      chosen: (k) => this.aim(k),
    });
    const [pick, target] = [(j) => this.pick(j), (k) => this.aim(k)];
    this.view = new Neuron();
    this.output = new Output({ pick, target });
    this.reasons = new Reasons({ target, rival: (k) => this.aim(this.target, k) });
    this.tuning = new Tuning({
      turned: (change) => this.turn(() => this.knobs.set(this.neuron, change)),
      warmed: (temperature) => this.turn(() => (this.knobs.temperature = temperature)),
      silenced: () => this.turn(() => this.#silence()),
      reset: () => this.turn(() => this.knobs.reset()),
      open: (index) => source.open(index),
    });
    byId("neuron-before").addEventListener("click", () => this.pick(this.neuron - 1));
    byId("neuron-after").addEventListener("click", () => this.pick(this.neuron + 1));
    byId("lines").addEventListener("input", () => this.#drawStage());
  }

  // Loads a network; `said` is what a link says of its knobs.
  async load(name, said) {
    const network = await loadNetwork(name);
    this.knobs = new Knobs(network);
    this.bench = null;
    this.#chosen = this.#target = this.#rival = null;
    if (said.knobs) this.knobs.fromText(said.knobs);
    if (within(said.temperature, LIMITS.temperature)) this.knobs.temperature = said.temperature;
    if (within(said.neuron, [0, network.hidden - 1]) && Number.isInteger(said.neuron)) this.#chosen = said.neuron;
    this.#startBench(network);
  }

  async #startBench(network) {
    const isWanted = () => this.knobs.network === network;
    const bench = await Bench.of(network, await this.digits, isWanted);
    if (!bench) return;
    this.bench = bench;
    this.images = await this.digits;
    this.#judge();
    this.#showBench();
  }

  // Everything, for another tile, another network or another size.
  show() {
    if (!this.knobs) return;
    this.run = this.knobs.run(this.source.tile);
    this.was = this.knobs.isTouched ? forward(this.knobs.network, this.source.tile) : this.run;
    const order = [...this.run.probs.keys()].sort((a, b) => this.run.probs[b] - this.run.probs[a]);
    const [answer, second] = order;
    if (this.answer !== answer) this.#target = this.#rival = null;
    this.answer = answer;
    this.target = this.#target ?? answer;
    this.rival = this.#rival ?? (this.target === answer ? second : answer);
    if (this.rival === this.target) this.rival = this.target === answer ? second : answer;
    this.neuron = this.#chosen ?? this.#loudest(answer);
    this.#showAnswer(answer);
    this.#placeButtons();
    this.#drawStage();
    this.#drawPanels();
    this.tuning.showAnswer(this);
    this.#showBench();
  }

  // The room has changed.
  resized() {
    this.stage.isStale = true;
    this.show();
  }

  // Looks at a neuron and stays with it.
  pick(neuron) {
    const { hidden } = this.knobs.network;
    this.#chosen = (neuron + hidden) % hidden;
    this.#hover = null;
    this.show();
    this.remember();
  }

  // Asks why `target`, and why not `rival`.
  aim(target, rival = null) {
    this.#target = target;
    this.#rival = rival;
    this.show();
  }

  turn(change) {
    this.#chosen ??= this.neuron; // the knobs stay with the neuron that they turn
    change();
    this.#judge();
    this.show();
    this.remember();
    if (this.bench) this.tuning.announce(this);
  }

  async nextMistake() {
    if (!this.bench) return;
    const index = this.bench.nextWrong(this.source.index ?? -1, this.knobs);
    if (index >= 0) await this.source.open(index);
  }

  #judge() {
    this.result = this.bench?.judge(this.knobs);
  }

  #showBench() {
    this.tuning.showBench({ bench: this.bench, result: this.result, digits: this.images });
    byId("mistake").disabled = !this.bench;
  }

  #loudest(digit) {
    const { outputs, w2 } = this.knobs.network;
    const says = Array.from(this.run.a1, (a, j) => a * w2[j * outputs + digit]);
    return says.indexOf(Math.max(...says));
  }

  #silence() {
    const on = [...Array(this.knobs.network.hidden).keys()].filter((j) => this.knobs.isOn(j));
    for (let n = 0; n < AT_RANDOM && on.length > 0; n++) {
      this.knobs.set(on.splice(Math.floor(Math.random() * on.length), 1)[0], { on: false });
    }
  }

  #showAnswer(answer) {
    write(byId("answer"), String(answer));
    write(byId("sure"), percent(this.run.probs[answer]));
    const { isDigit, label } = this.source;
    write(byId("rightly"), !isDigit ? "" : label === answer ? "right" : `wrong: it is a ${label}`);
  }

  #placeButtons() {
    const layout = this.stage.fit(this.knobs.network.hidden);
    if (layout !== this.placed) this.#placeAnew(layout);
    this.neurons.pin(this.neuron);
    this.outputs.pin(this.target);
    this.neurons.rename();
    this.outputs.rename();
  }

  #placeAnew(layout) {
    this.placed = layout;
    this.neurons.place(layout.neurons, layout.columns, layout.cell);
    const size = layout.wide
      ? { w: Math.max(44, 2 * layout.outputRadius), h: layout.outputs[1].y - layout.outputs[0].y }
      : { w: layout.width / 10, h: Math.max(44, 2 * layout.outputRadius) };
    this.outputs.place(layout.outputs, layout.wide ? 1 : 10, size);
  }

  #drawStage() {
    const { knobs, run, target } = this;
    const lines = Number(byId("lines").value);
    this.stage.draw({ knobs, run, tile: this.source.tile, focus: this.#hover, lines, pinned: this.neuron, target });
    this.#drawCard();
  }

  #drawPanels() {
    const { knobs, run, target, rival, neuron } = this;
    const all = { knobs, run, tile: this.source.tile, target, rival, neuron };
    this.view.draw(all);
    this.output.draw(all);
    this.reasons.draw(all);
    this.tuning.showKnobs(all);
  }

  #look(focus) {
    if (JSON.stringify(focus) === JSON.stringify(this.#hover)) return;
    this.#hover = focus;
    this.#drawStage();
  }

  // Beside the neuron under the pointer: what it looks for.
  #drawCard() {
    const j = this.#hover?.hidden;
    const card = byId("card");
    card.hidden = j === undefined;
    if (j === undefined) return;
    const { network, w1 } = this.knobs;
    const { layout } = this.stage;
    drawSigned(byId("card-map"), Float32Array.from({ length: network.pixels }, (_, i) => w1[i * network.hidden + j]));
    write(byId("card-name"), `Neuron ${j + 1}`);
    write(byId("card-says"), `${signed(this.run.z1[j], 1)} → ${plain(this.run.a1[j], 1)}`);
    const { x, y } = layout.neurons[j];
    const left = x + layout.cell.w + card.offsetWidth > layout.width ? x - layout.cell.w * 0.6 - card.offsetWidth : x + layout.cell.w * 0.6;
    const top = Math.min(Math.max(0, y - card.offsetHeight / 2), layout.height - card.offsetHeight);
    Object.assign(card.style, { left: `${Math.max(0, left)}px`, top: `${top}px` });
  }
}
