// "Why 4?" and "Why not 9?": what each pixel adds to a score, or to a lead, as exact maps whose numbers add up.

import { byId, make, press, write } from "./dom.js";
import { cellUnder, drawSigned, peakOf } from "./maps.js";
import { place, rounded, signed } from "./numbers.js";
import { contributions, question } from "./why.js";

export class Reasons {
  // `target(digit)` and `rival(digit)` when one is chosen.
  constructor({ target, rival }) {
    this.targets = choices(byId("targets"), target);
    this.rivals = choices(byId("rivals"), rival);
    this.views = ["for", "lead"].map((name) => new View(name));
  }

  draw({ knobs, run, tile, target, rival }) {
    press(this.targets, target);
    press(this.rivals, rival);
    this.rivals.forEach((button, digit) => (button.disabled = digit === target));
    const best = run.logits.indexOf(Math.max(...run.logits));
    const why = contributions(knobs, run, tile, question(target));
    const lead = contributions(knobs, run, tile, question(target, rival));
    const peak = Math.max(peakOf(why.points), peakOf(lead.points));
    write(byId("why-title"), best === target ? `Why ${target}?` : `Why any ${target} at all?`);
    this.views[0].draw(why, { peak, title: `For ${target}`, means: `the score of ${target}` });
    const ahead = lead.total >= 0 ? `the lead of ${target} over ${rival}` : `${rival} leads ${target}`;
    this.views[1].draw(lead, { peak, title: best === rival ? `${target}, why not?` : `And not ${rival}`, means: ahead });
  }
}

class View {
  constructor(name) {
    this.part = (part) => byId(`${name}-${part}`);
    this.map = this.part("map");
    this.map.addEventListener("pointermove", (event) => this.#look(cellUnder(event, this.map)));
    this.map.addEventListener("pointerdown", (event) => this.#look(cellUnder(event, this.map)));
    this.map.addEventListener("pointerleave", () => this.#look(-1));
  }

  // The sum as shown: pixels + biases = total, exactly.
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
    this.map.setAttribute("aria-label", `Map of 28 by 28 pixels: those for it add ${signed(up)}, those against ${signed(down)}`);
    this.#look(-1);
  }

  #look(pixel) {
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
