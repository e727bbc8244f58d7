// The reading on the page: the answer, its tiles, bars and boxes, the panels below, and who read it.

import { showAnswer } from "./answer.js";
import { hideBoxes, showBoxes } from "./boxes.js";
import { hasMarks, seenMarks } from "./marks.js";
import { byId } from "./page_text.js";
import { showBars } from "./probability_bars.js";
import { showDigitTable } from "./table.js";
import { showTiles } from "./tiles.js";

export class ShownReading {
  answer = null; // from the Reader; null for none
  #selected = 0; // index of the tile whose probabilities are shown: the digits, then refused ink and marks

  // `isTentative(answer)`: whether the answer may change with the next move of the pen; `frame(answer)`: where its
  // image is on the paper; `subject()`: the board or picture that was read; `readOne(source)` reads one digit;
  // `canTell()`: whether the network can answer "none of the ten"; `handNote()`: why the hand was not used; `correct`:
  // see showTiles; `why`: the WhyPanel; `panels`: the panels below the board.
  constructor(parts) {
    Object.assign(this, parts);
  }

  // Takes a new answer; null for none.
  show(answer) {
    const before = this.answer?.digits.length ?? 0;
    this.answer = answer;
    const n = answer?.digits.length ?? 0;
    if (n !== before || this.#selected >= n) this.#selected = Math.max(0, n - 1); // selects a new digit
    this.present();
  }

  // Shows the answer again, because it may be final now.
  present() {
    const { answer } = this;
    const tentative = this.isTentative(answer);
    showAnswer(answer, { tentative });
    this.presentDigits();
    if (tentative) return;
    showDigitTable(answer);
    byId("hand-used").textContent = answer ? (answer.hand ? handInWords(answer.hand) : (answer.note ?? this.handNote())) : "";
    for (const panel of this.panels) panel.setImage(answer?.source ?? null, this.subject());
    byId("took").textContent = answer ? madeInWords(answer) : "";
    byId("took").title = answer ? `${answer.model.name}, version ${answer.model.version}` : "";
    if (answer && hasMarks(answer)) this.#lookAtMarks();
  }

  // Shows tiles, bars and boxes again, because the size or the colors of the paper have changed.
  presentDigits() {
    const { answer } = this;
    const tentative = this.isTentative(answer);
    const digits = answer?.digits ?? [];
    const refused = tentative ? [] : (answer?.others ?? []).filter(({ kind }) => kind === "refused" || kind === "mark");
    const digit = digits[this.#selected];
    const which = digit && digits.length > 1 ? `Digit ${this.#selected + 1} of ${digits.length}` : "";
    showBars(digit ?? refused[this.#selected - digits.length] ?? null, { which, tentative, canTell: this.canTell() });
    const select = (i) => {
      this.#selected = i;
      this.presentDigits();
    };
    showTiles({ digits, refused, selected: this.#selected, select, correct: this.correct, tentative });
    this.why.set(tentative ? null : answer, this.#selected);
    if (digits.length + (answer?.others.length ?? 0) === 0) return hideBoxes();
    return showBoxes(answer, this.frame(answer), this.#selected, { tentative });
  }

  async #lookAtMarks() {
    const { answer } = this;
    const others = await seenMarks(answer, this.readOne).catch(() => null);
    if (!others || answer !== this.answer) return;
    this.answer = { ...answer, others };
    this.presentDigits();
  }
}

function handInWords({ name, version }) {
  return version ? `as ${name} writes, version ${version}` : `${name} uses the original network`;
}

function madeInWords({ made, took_ms, tookAll }) {
  const where = made === "page" ? "Read in this page" : "Read by the server";
  return `${where} in ${took_ms.toFixed(1)} ms, ${tookAll.toFixed(0)} ms in all.`;
}
