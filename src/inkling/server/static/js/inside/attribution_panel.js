// "Why 4?" and "Why not 9?": attribution maps of a score and of its lead over another. The displayed numbers add up.

import { byId, make, press, write } from "../common/dom.js";
import { cellUnder, drawSigned, peakOf } from "../common/pixel_maps.js";
import { place, rounded, signed } from "./number_format.js";
import { contrastWeights, contributions } from "../common/attribution.js";

export class AttributionPanel {
  // `target(digit)` and `contrast(digit)` are called when a digit is chosen.
  constructor({ target, contrast }) {
    this.targets = choices(byId("targets"), target);
    this.contrasts = choices(byId("contrasts"), contrast);
    this.views = ["for", "lead"].map((name) => new View(name));
  }

  draw({ modified, run, tile, target, contrast }) {
    press(this.targets, target);
    press(this.contrasts, contrast);
    this.contrasts.forEach((button, digit) => (button.disabled = digit === target));
    const best = run.logits.indexOf(Math.max(...run.logits));
    const why = contributions(modified, run, tile, contrastWeights(target));
    const lead = contributions(modified, run, tile, contrastWeights(target, contrast));
    const peak = Math.max(peakOf(why.points), peakOf(lead.points));
    write(byId("why-title"), best === target ? `Why ${target}?` : `Why any ${target} at all?`);
    this.views[0].draw(why, { peak, title: `For ${target}`, means: `the score of ${target}` });
    const ahead = lead.total >= 0 ? `the lead of ${target} over ${contrast}` : `${contrast} leads ${target}`;
    this.views[1].draw(lead, { peak, title: best === contrast ? `${target}, why not?` : `And not ${contrast}`, means: ahead });
  }
}

class View {
  constructor(name) {
    this.part = (part) => byId(`${name}-${part}`);
    this.map = this.part("map");
    this.map.addEventListener("pointermove", (event) => this.#showPixel(cellUnder(event, this.map)));
    this.map.addEventListener("pointerdown", (event) => this.#showPixel(cellUnder(event, this.map)));
    this.map.addEventListener("pointerleave", () => this.#showPixel(-1));
  }

  // The rounded numbers add up exactly: pixels + biases = total.
  draw(why, { peak, title, means }) {
    this.why = why;
    drawSigned(this.map, why.points, { peak, marks: true });
    const [total, biases] = [rounded(why.total), rounded(why.biases)];
    write(this.part("title"), title);
    write(this.part("pixels"), signed(total - biases));
    write(this.part("biases"), signed(biases));
    write(this.part("total"), signed(total));
    write(this.part("means"), means);
    const [up, down] = [1, -1].map((sign) => why.points.reduce((sum, p) => sum + (p * sign > 0 ? p : 0), 0));
    this.map.setAttribute("aria-label", `Map of 28 by 28 pixels: those in favor add ${signed(up)}, those against ${signed(down)}`);
    this.#showPixel(-1);
  }

  #showPixel(pixel) {
    const text = pixel < 0 ? "Point at a pixel to see what it adds." : `${place(pixel)}: ${signed(this.why.points[pixel], 3)}`;
    write(this.part("pixel"), text);
  }
}

function choices(holder, chosen) {
  const buttons = Array.from({ length: 10 }, (_, digit) => {
    const button = make("button", { type: "button", textContent: digit });
    button.addEventListener("click", () => chosen(digit));
    return button;
  });
  holder.replaceChildren(...buttons);
  return buttons;
}
