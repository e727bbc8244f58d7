// Any network, layer by layer: the maps that its convolutions make of the digit, and the shares at the end.

import { Live } from "../common/live.js";
import { layers } from "./layers.js";
import { byId, make, write } from "./dom.js";
import { Enlarged } from "./enlarged.js";
import { drawInk } from "./maps.js";
import { percent, percents } from "./numbers.js";
import { Strip } from "./strip.js";

export class Film {
  #strips = [];
  #at = null; // {layer, channel} that was looked at; else the first layer's brightest map

  constructor({ source }) {
    this.source = source;
    this.enlarged = new Enlarged();
    this.live = new Live({
      shown: (answer, { name, tile }) => name === this.name && this.#draw(answer, tile),
      refused: (error) => source.say(error.message),
      away: (isAway) => (byId("away").hidden = !isAway),
    });
    const bars = Array.from({ length: 11 }, (_, k) => makeBar(k));
    this.bars = bars;
    byId("ends").replaceChildren(...bars.map(({ row }) => row));
  }

  load(name) {
    this.name = name;
    this.#strips = [];
    byId("strips").replaceChildren();
    this.#at = null;
  }

  show() {
    const { tile } = this.source;
    const { name } = this;
    this.live.ask({ name, tile, run: () => layers(name, tile) });
  }

  // Enlarges one map, whose neighbours stay as they are.
  look(layer, channel) {
    this.#at = { layer, channel };
    this.#enlarge(layer, channel);
  }

  #enlarge(layer, channel) {
    this.#strips.forEach((strip, i) => strip.mark(i === layer ? channel : -1));
    this.enlarged.draw(this.answer.layers[layer], channel, this.tile);
  }

  #draw(answer, tile) {
    Object.assign(this, { answer, tile });
    if (this.#strips.length !== answer.layers.length) {
      this.#strips = answer.layers.map((layer, i) => new Strip(layer, i, (channel) => this.look(i, channel)));
      byId("strips").replaceChildren(...this.#strips.map(({ section }) => section));
    }
    drawInk(byId("film-tile"), tile);
    this.#strips.forEach((strip, i) => strip.draw(answer.layers[i]));
    this.#enlarge(this.#at?.layer ?? 0, this.#at?.channel ?? this.#brightest(0));
    this.#ends(answer);
  }

  #brightest(layer) {
    const peaks = this.answer.layers[layer].maps.map((map) => Math.max(...map));
    return peaks.indexOf(Math.max(...peaks));
  }

  // Ten shares of what is left to the digits, and that of being none.
  #ends({ probs, not_digit: none, layers: all }) {
    const canRefuse = all.at(-1).maps.length > 10;
    const shares = canRefuse ? [...probs.map((p) => p * (1 - none)), none] : probs;
    const best = shares.indexOf(Math.max(...shares));
    const texts = percents(normalised(shares));
    this.bars.forEach(({ row, share, bar }, k) => {
      row.hidden = k >= shares.length;
      if (row.hidden) return;
      row.toggleAttribute("data-best", k === best);
      write(share, `${texts[k]} %`);
      bar.style.setProperty("--size", shares[k]);
    });
    write(byId("answer"), best < 10 ? String(best) : "none");
    write(byId("sure"), percent(shares[best]));
    const { isDigit, label } = this.source;
    write(byId("rightly"), !isDigit ? "" : label === best ? "right" : `wrong: it is a ${label}`);
  }
}

function normalised(shares) {
  const total = shares.reduce((sum, share) => sum + share, 0);
  return shares.map((share) => share / total);
}

function makeBar(k) {
  const parts = { share: make("span", { className: "share" }), bar: make("span", { className: "bar" }) };
  const name = make("span", { className: "name", textContent: k < 10 ? k : "none of the ten" });
  parts.row = make("li", {}, name, make("span", { className: "well" }, parts.bar), parts.share);
  parts.row.dataset.output = k;
  return parts;
}
