// A network with layers of maps: the overview, one map point by point, and how the scores come from the averages.

import { softmax } from "../common/dense_network.js";
import { LatestRequest } from "../common/latest_request.js";
import { byId } from "../common/dom.js";
import { drawInk, peakOf } from "../common/pixel_maps.js";
import { pageEngine } from "../common/page_engine.js";
import { WhyView } from "../common/why_view.js";
import { ConvRun } from "./conv_run.js";
import { layersOf } from "./layers.js";
import { MapDiagram } from "./map_diagram.js";
import { MapPanel } from "./map_panel.js";
import { showVerdict } from "./verdict.js";

export class LayerView {
  #chosen = null; // {layer, channel} of the chosen map; null for the one that adds most to the score
  #target = null; // the chosen output; null for the answer

  // `output`: the page's OutputPanel, shared by both views.
  constructor({ source, output, remember }) {
    Object.assign(this, { source, output, remember });
    this.diagram = new MapDiagram({ choose: (map) => this.choose(map), target: (k) => this.explain(k) });
    this.panel = new MapPanel({ turned: (by) => this.#turn(by) });
    this.why = new WhyView(byId("why-layers"), { engine: () => pageEngine(this.name), level: 2 });
    this.requests = new LatestRequest({
      shown: (answer, { name, tile }) => name === this.name && this.#draw(answer, tile),
      refused: (error) => source.say(error.message),
      offline: (isOffline) => (byId("offline").hidden = !isOffline),
    });
  }

  load(name) {
    Object.assign(this, { name, run: null });
    this.#chosen = this.#target = null;
  }

  // Call when another view shows the network: results that are still being computed will not be shown.
  leave() {
    this.name = "";
    this.requests.drop();
    clearTimeout(this.explaining);
    this.why.stop();
  }

  show() {
    const { tile } = this.source;
    const { name } = this;
    this.requests.ask({ name, tile, run: () => layersOf(name, tile) });
  }

  // Shows one map: {layer, channel}.
  choose(map) {
    this.#chosen = map;
    this.#drawMaps();
    this.remember();
  }

  // Shows one output: a digit, or 10 for none of the ten.
  explain(output) {
    this.#target = output;
    this.#drawMaps();
    this.#drawOutput();
  }

  // Shows a unit of the last layer that was chosen among the terms of a score.
  pick(unit) {
    if (this.run.features.channels === this.run.maps.at(-1).channels) this.choose({ layer: this.run.maps.length - 1, channel: unit });
  }

  #turn(by) {
    const { layer, channel } = this.map;
    const n = this.run.maps[layer].channels;
    this.choose({ layer, channel: (channel + by + n) % n });
  }

  #draw({ outputs, weights }, tile) {
    this.run = new ConvRun({ tile, outputs, weights });
    const logits = this.run.logits;
    this.temperature = weights?.temperature ?? 1;
    this.probs = softmax(logits.subarray(0, 10), this.temperature);
    this.none = logits.length > 10 ? softmax(logits)[10] : null;
    this.shares = [...this.probs.map((share) => share * (1 - (this.none ?? 0))), ...(this.none === null ? [] : [this.none])];
    const answer = this.shares.indexOf(Math.max(...this.shares));
    if (this.answer !== answer) this.#target = null;
    this.answer = answer;
    this.#drawMaps();
    this.#drawOutput();
    showVerdict({ source: this.source, outputs: this.shares });
    this.#explain(tile);
  }

  get target() {
    return this.#target ?? this.answer;
  }

  // The map on the page.
  get map() {
    const last = this.run.maps.length - 1;
    const isThere = this.#chosen && this.#chosen.layer <= last && this.#chosen.channel < this.run.maps[this.#chosen.layer].channels;
    return isThere ? this.#chosen : { layer: last, channel: this.run.addsMost(this.target) };
  }

  #drawMaps() {
    if (!this.run) return;
    const { run, shares, target, map } = this;
    this.diagram.draw({ run, shares, target, chosen: map });
    this.panel.draw({ layer: run.maps[map.layer], channel: map.channel, tile: run.tile, isLast: map.layer === run.maps.length - 1 });
  }

  #drawOutput() {
    const { run, target } = this;
    const score = run.scoreOf(target);
    document.querySelector("main").classList.toggle("without-sums", !score);
    if (!score) return;
    const maps = run.maps.at(-1);
    const isAveraged = run.features.channels === maps.channels;
    const draw = (canvas, j) => {
      const map = isAveraged ? maps.map(j) : Float32Array.of(run.features.values[j]);
      drawInk(canvas, map, { width: isAveraged ? maps.width : 1, high: peakOf(map) });
    };
    const { logits } = run;
    const { probs, temperature, none } = this;
    this.output.draw({ ...score, logits, probs, temperature, none, target, unit: { name: isAveraged ? "Map" : "Number", of: isAveraged ? ` of layer ${maps.number}` : "", draw } });
  }

  // Explains why it is this digit and not another. That runs the network on many tiles, so it waits until nothing
  // changes.
  #explain(tile) {
    clearTimeout(this.explaining);
    this.why.stop();
    this.explaining = setTimeout(async () => {
      const { name } = this;
      const engine = await pageEngine(name).catch(() => null); // the request for the layers reports the error
      byId("why-layers-part").hidden = !engine || this.probs === undefined;
      if (engine && this.source.tile === tile && this.name === name) {
        const digit = this.probs.indexOf(Math.max(...this.probs));
        this.why.show({ tile, network: this.name, probs: this.probs, digit, looks: this.source.looks.length });
      }
    }, WAIT_MS);
  }
}

const WAIT_MS = 500;
