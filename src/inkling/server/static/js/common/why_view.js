// "Why 7, and not 1?": a map over one's own digit, the digit to compare with, and a sentence. Needs css/why.css.

import { colours, whenColoursChange } from "./colours.js";
import { make, press, write } from "./dom.js";
import { peakOf } from "./pixel_maps.js";
import { rivalOf } from "./rival.js";
import { SIDE, why } from "./why.js";
import { a } from "./why_words.js";

const CELL = 12; // pixels of the canvas a pixel of the tile
const SOFT = 0.7; // the power that lets small numbers be seen beside large ones
const MARKED = 0.18; // of the peak: from here on a pixel against the digit carries a bar, a minus that needs no colour
const RINGED = 0.3; // of the peak: paper that matters as much carries a ring
const MIN_RING = 0.5; // points

// How far the map can be trusted; the figures are those of benchmarks/accuracy/attribution.json.
const METHODS = {
  exact: "This network is a plain sum as long as the same neurons are active, so the share of every pixel is exact: nothing is estimated.",
  occlusion:
    "Small patches of ink were erased in turn, and the network was asked again each time (occlusion). Without the tenth of the ink that such a map marks most, the lead falls by 3.6 points on average, a factor of 35; without a tenth chosen at random it hardly changes.",
};

export class WhyView {
  #asked = null; // {tile, network, probs, digit, rival}
  #stop = null; // AbortController of the explanation that is being computed
  #found = null;

  // `engine()` gives a promise of the engine, which is asked only when something is shown. `chosen(rival)` is called when
  // a reader chooses another digit to compare with; `level` of the heading.
  constructor(holder, { engine, chosen = () => {}, level = 3 }) {
    Object.assign(this, { holder, engine, chosen });
    holder.classList.add("why-view");
    this.title = make(`h${level}`, { className: "why-title", textContent: "Why this digit?" });
    this.map = make("canvas", { width: SIDE * CELL, height: SIDE * CELL });
    this.map.setAttribute("role", "img");
    this.map.setAttribute("aria-label", "The reason is not computed yet.");
    this.sentence = make("p", { className: "why-sentence" });
    this.sentence.setAttribute("role", "status");
    this.rivals = Array.from({ length: 10 }, (_, digit) => this.#rivalButton(digit));
    const rivals = make("div", { className: "why-rivals" }, ...this.rivals);
    rivals.setAttribute("role", "group");
    rivals.setAttribute("aria-label", "Compare with another digit");
    this.keys = ["for", "against", "paper"].map((name) => make("li", { className: `why-${name}` }));
    this.method = make("p", { className: "why-method" });
    const asking = make("div", { className: "why-asking" }, make("span", { textContent: "and not", ariaHidden: "true" }), rivals);
    const words = make("div", { className: "why-words" }, this.sentence, make("ul", { className: "why-legend" }, ...this.keys), this.method);
    holder.replaceChildren(this.title, asking, make("div", { className: "why-body" }, this.map, words));
    whenColoursChange(() => this.#paint());
  }

  // Explains `digit` against `rival`, or against the second most probable digit. `tile`: 784 values, 0 paper to 1 ink;
  // `probs`: ten probabilities; `looks`: how many looks at the digit the reading averaged.
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
      write(this.sentence, `The reason could not be computed: ${error.message}`);
    }
    this.holder.removeAttribute("aria-busy");
  }

  // Ends what is being computed, for instance because the section is closed or the drawing has changed.
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
    write(this.keys[0], `Blue ink speaks for ${digit}`);
    write(this.keys[1], `Ochre ink, with bars, speaks for ${rival}`);
    write(this.keys[2], `Rings: empty paper that counts. Ink there would help ${rival} (blue) or ${digit} (ochre)`);
    this.keys[2].hidden = !isRinged(missing);
    const { looks } = this.#asked;
    const averaged = looks > 1 ? ` The reading averaged ${looks} looks at this digit; the map explains this one.` : "";
    write(this.method, METHODS[method] + averaged);
    const [plus, minus] = [1, -1].map((sign) => points.reduce((sum, point) => sum + Math.max(0, sign * point), 0));
    const label = `Your digit with what each pixel says: ink for ${digit} adds ${plus.toFixed(1)} points, ink for ${rival} takes ${minus.toFixed(1)}; the lead of ${a(digit)} is ${lead.toFixed(1)} points. ${sentence}`;
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
      if (points[i] >= 0 || share < MARKED) continue;
      context.globalAlpha = 1;
      context.fillStyle = paper;
      context.fillRect(x + 3, y + CELL / 2 - 1, CELL - 6, 2);
    }
    if (this.#found) this.#paintRings(context, this.#found.missing);
  }

  // Every second pixel, because dots of ink were tried there.
  #paintRings(context, missing) {
    if (!isRinged(missing)) return;
    const peak = peakOf(missing);
    const { blue, ochre } = colours();
    context.globalAlpha = 1;
    context.lineWidth = 2;
    for (let y = 0; y < SIDE; y += 2) {
      for (let x = 0; x < SIDE; x += 2) {
        const gain = missing[y * SIDE + x];
        if (Math.abs(gain) < Math.max(MIN_RING, RINGED * peak)) continue;
        context.strokeStyle = gain < 0 ? blue : ochre;
        context.beginPath();
        context.arc((x + 0.5) * CELL, (y + 0.5) * CELL, CELL * (0.25 + (0.4 * Math.abs(gain)) / peak), 0, 2 * Math.PI);
        context.stroke();
      }
    }
  }
}

function isRinged(missing) {
  return peakOf(missing) >= MIN_RING;
}

function fill(context, colour, share, x, y) {
  context.globalAlpha = Math.min(1, share);
  context.fillStyle = colour;
  context.fillRect(x, y, CELL, CELL);
}
