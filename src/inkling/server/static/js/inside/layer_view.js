// Any network, layer by layer: its feature maps for the digit, and the probabilities.

import { LatestRequest } from "../common/latest_request.js";
import { layers } from "./layers.js";
import { byId, make, write } from "../common/dom.js";
import { EnlargedMap } from "./enlarged_map.js";
import { drawInk } from "../common/pixel_maps.js";
import { percent, percents } from "./number_format.js";
import { LayerMaps } from "./layer_maps.js";

export class LayerView {
  #layerMaps = [];
  #at = null; // {layer, channel} that was chosen; else the first layer's brightest map

  constructor({ source }) {
    this.source = source;
    this.enlarged = new EnlargedMap();
    this.requests = new LatestRequest({
      shown: (answer, { name, tile }) => name === this.name && this.#draw(answer, tile),
      refused: (error) => source.say(error.message),
      offline: (isOffline) => (byId("offline").hidden = !isOffline),
    });
    const bars = Array.from({ length: 11 }, (_, k) => makeBar(k));
    this.bars = bars;
    byId("ends").replaceChildren(...bars.map(({ row }) => row));
  }

  load(name) {
    this.name = name;
    this.#layerMaps = [];
    byId("layer-maps").replaceChildren();
    this.#at = null;
  }

  show() {
    const { tile } = this.source;
    const { name } = this;
    this.requests.ask({ name, tile, run: () => layers(name, tile) });
  }

  // Enlarges one map.
  enlarge(layer, channel) {
    this.#at = { layer, channel };
    this.#enlarge(layer, channel);
  }

  #enlarge(layer, channel) {
    this.#layerMaps.forEach((maps, i) => maps.mark(i === layer ? channel : -1));
    this.enlarged.draw(this.answer.layers[layer], channel, this.tile);
  }

  #draw(answer, tile) {
    Object.assign(this, { answer, tile });
    if (this.#layerMaps.length !== answer.layers.length) {
      this.#layerMaps = answer.layers.map((layer, i) => new LayerMaps(layer, i, (channel) => this.enlarge(i, channel)));
      byId("layer-maps").replaceChildren(...this.#layerMaps.map(({ section }) => section));
    }
    drawInk(byId("layer-tile"), tile);
    this.#layerMaps.forEach((maps, i) => maps.draw(answer.layers[i]));
    this.#enlarge(this.#at?.layer ?? 0, this.#at?.channel ?? this.#brightest(0));
    this.#showProbabilities(answer);
  }

  #brightest(layer) {
    const peaks = this.answer.layers[layer].maps.map((map) => Math.max(...map));
    return peaks.indexOf(Math.max(...peaks));
  }

  // The probabilities of the ten digits and, for a network that can refuse, of none.
  #showProbabilities({ probs, not_digit: none, layers: all }) {
    const canRefuse = all.at(-1).maps.length > 10;
    const outputs = canRefuse ? [...probs.map((p) => p * (1 - none)), none] : probs;
    const best = outputs.indexOf(Math.max(...outputs));
    const texts = percents(normalised(outputs));
    this.bars.forEach(({ row, share, bar }, k) => {
      row.hidden = k >= outputs.length;
      if (row.hidden) return;
      row.toggleAttribute("data-best", k === best);
      write(share, `${texts[k]} %`);
      bar.style.setProperty("--size", outputs[k]);
    });
    write(byId("answer"), best < 10 ? String(best) : "none");
    write(byId("sure"), percent(outputs[best]));
    const { isDigit, label } = this.source;
    write(byId("rightly"), !isDigit ? "" : label === best ? "right" : `wrong: it is a ${label}`);
  }
}

function normalised(values) {
  const total = values.reduce((sum, value) => sum + value, 0);
  return values.map((value) => value / total);
}

function makeBar(k) {
  const parts = { share: make("span", { className: "share" }), bar: make("span", { className: "bar" }) };
  const name = make("span", { className: "name", textContent: k < 10 ? k : "none of the ten" });
  parts.row = make("li", {}, name, make("span", { className: "well" }, parts.bar), parts.share);
  parts.row.dataset.output = k;
  return parts;
}
