// "Why 7, and not 1?": a map over the digit, a choice of the digit to compare with, and a sentence. Needs css/why.css.

import { colours, whenColoursChange } from "./colours.js";
import { make, press, write } from "./dom.js";
import { peakOf } from "./pixel_maps.js";
import { ringsOf } from "./rings.js";
import { rivalOf } from "./rival.js";
import { SIDE, why } from "./why.js";
import { a } from "./why_words.js";

const CELL = 12; // pixels of the canvas per pixel of the tile
const SOFT = 0.7; // exponent that makes small numbers visible beside large ones
const MARKED = 0.18; // least share of the peak at which a pixel against the digit has a bar, a minus sign without color

// How far the map can be trusted; the figures are from benchmarks/accuracy/attribution.json.
const METHODS = {
  exact: "This network is a plain sum as long as the same neurons are active, so the contribution of every pixel is exact, not estimated.",
  occlusion:
    "Small patches of ink were erased in turn, and the network read the rest each time (occlusion). Without the tenth of the ink that such a map marks most, the lead falls by 3.6 points on average, a factor of 35; without a tenth chosen at random it hardly changes.",
};

export class WhyView {
  #asked = null; // {tile, network, probs, digit, rival}
  #stop = null; // AbortController of the explanation that is being computed
  #found = null;

  // `engine()` returns a promise of the engine; it is called only when something is shown. `chosen(rival)` is called
  // when another digit is chosen for comparison. `level`: the level of the heading.
  constructor(holder, { engine, chosen = () => {}, level = 3 }) {
    Object.assign(this, { holder, engine, chosen });
    holder.classList.add("why-view");
    this.title = make(`h${level}`, { className: "why-title", textContent: "Why this digit?" });
    this.map = make("canvas", { width: SIDE * CELL, height: SIDE * CELL });
    this.map.setAttribute("role", "img");
    this.map.setAttribute("aria-label", "No explanation yet.");
    this.sentence = make("p", { className: "why-sentence" });
    this.sentence.setAttribute("role", "status");
    this.rivals = Array.from({ length: 10 }, (_, digit) => this.#rivalButton(digit));
    const rivals = make("div", { className: "why-rivals" }, ...this.rivals);
    rivals.setAttribute("role", "group");
    rivals.setAttribute("aria-label", "Compare with another digit");
    this.keys = ["for", "against", "paper", "paper-against"].map((name) => make("li", { className: `why-${name}` }));
    this.method = make("p");
    const method = make("details", { className: "why-method" }, make("summary", { textContent: "How was this found?" }), this.method);
    const asking = make("div", { className: "why-asking" }, make("span", { textContent: "and not", ariaHidden: "true" }), rivals);
    const words = make("div", { className: "why-words" }, this.sentence, make("ul", { className: "why-legend" }, ...this.keys), method);
    holder.replaceChildren(this.title, asking, make("div", { className: "why-body" }, this.map, words));
    whenColoursChange(() => this.#paint());
  }

  // Explains `digit` against `rival`, or against the second most probable digit. `tile`: 784 values, 0 paper to 1 ink;
  // `probs`: ten probabilities; `looks`: the number of views of the digit that the reading averaged.
  async show({ tile, network, probs, digit, rival = rivalOf(probs, digit), looks = 1 }) {
    const isSame = this.#asked?.tile === tile && this.#asked.network === network && this.#asked.digit === digit;
    this.stop();
    const stop = (this.#stop = new AbortController());
    this.#asked = { tile, network, probs, digit, rival, looks };
    write(this.title, `Why ${digit}, and not ${rival}?`);
    this.rivals.forEach((button, k) => (button.hidden = k === digit));
    press(this.rivals, rival);
    if (!isSame) this.#found = null;
    this.holder.setAttribute("aria-busy", "true");
    this.#paint();
    try {
      const found = await why({ engine: await this.engine(), tile, network, digit, rival, signal: stop.signal });
      if (stop.signal.aborted) return;
      this.#found = found;
      this.#tell(found);
      this.#paint();
    } catch (error) {
      if (stop.signal.aborted) return;
      write(this.sentence, `The explanation could not be computed: ${error.message}`);
    }
    this.holder.removeAttribute("aria-busy");
  }

  // Stops the computation, for example because the section was closed or the drawing has changed.
  stop() {
    this.#stop?.abort();
    this.#stop = null;
  }

  #rivalButton(digit) {
    const button = make("button", { type: "button", textContent: digit });
    button.setAttribute("aria-label", `and not ${digit}`);
    button.addEventListener("click", () => {
      this.chosen(digit);
      this.show({ ...this.#asked, rival: digit });
    });
    return button;
  }

  #tell({ digit, rival, sentence, method, points, lead, missing }) {
    write(this.sentence, sentence);
    write(this.keys[0], `Blue ink supports ${digit}`);
    write(this.keys[1], `Ochre ink, with bars, supports ${rival}`);
    write(this.keys[2], `Empty here supports ${digit}`);
    write(this.keys[3], `Empty here supports ${rival}`);
    const { tile } = this.#asked;
    const peak = peakOf(points);
    const rings = ringsOf(missing);
    this.keys[1].hidden = !points.some((point, i) => tile[i] !== 0 && isBarred(point, peak));
    this.keys[2].hidden = !rings.some(({ gain }) => gain < 0);
    this.keys[3].hidden = !rings.some(({ gain }) => gain > 0);
    const { looks } = this.#asked;
    const averaged = looks > 1 ? ` The reading averaged ${looks} views of this digit; the map explains this one.` : "";
    write(this.method, METHODS[method] + averaged);
    const [plus, minus] = [1, -1].map((sign) => points.reduce((sum, point) => sum + Math.max(0, sign * point), 0));
    const label = `Your digit with the effect of each pixel: ink for ${digit} adds ${plus.toFixed(1)} points, ink for ${rival} takes ${minus.toFixed(1)}; the lead of ${a(digit)} is ${lead.toFixed(1)} points. ${sentence}`;
    this.map.setAttribute("aria-label", label);
  }

  #paint() {
    if (!this.#asked) return;
    const context = this.map.getContext("2d");
    const { paper, ink, blue, ochre } = colours();
    context.globalAlpha = 1;
    context.fillStyle = paper;
    context.fillRect(0, 0, this.map.width, this.map.height);
    const { tile } = this.#asked;
    const points = this.#found?.points;
    const peak = points ? peakOf(points) : 1;
    for (let i = 0; i < tile.length; i++) {
      if (tile[i] === 0) continue;
      const [x, y] = [(i % SIDE) * CELL, Math.floor(i / SIDE) * CELL];
      fill(context, ink, (points ? 0.22 : 0.6) * tile[i], x, y);
      if (!points) continue;
      const share = Math.abs(points[i]) / peak;
      fill(context, points[i] < 0 ? ochre : blue, share ** SOFT, x, y);
      if (!isBarred(points[i], peak)) continue;
      context.globalAlpha = 1;
      context.fillStyle = paper;
      context.fillRect(x + 3, y + CELL / 2 - 1, CELL - 6, 2);
    }
    if (this.#found) this.#paintRings(context, this.#found.missing);
  }

  #paintRings(context, missing) {
    const { blue, ochre } = colours();
    context.globalAlpha = 1;
    context.lineWidth = 2;
    for (const { x, y, gain, share } of ringsOf(missing)) {
      context.strokeStyle = gain < 0 ? blue : ochre;
      context.beginPath();
      context.arc((x + 0.5) * CELL, (y + 0.5) * CELL, CELL * (0.25 + 0.4 * share), 0, 2 * Math.PI);
      context.stroke();
    }
  }
}

function isBarred(point, peak) {
  return point < 0 && -point >= MARKED * peak;
}

function fill(context, colour, share, x, y) {
  context.globalAlpha = Math.min(1, share);
  context.fillStyle = colour;
  context.fillRect(x, y, CELL, CELL);
}
