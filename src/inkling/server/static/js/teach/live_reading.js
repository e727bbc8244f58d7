// The readings of a drawing by the original network and by the hand's version, while it is drawn.

import { ApiError } from "../common/api_client.js";
import { byId, make } from "../common/dom.js";
import { readDigit, sentenceOf } from "../common/hands_client.js";
import { howSure } from "../common/how_sure.js";
import { LatestRequest } from "../common/latest_request.js";

export class LiveReading {
  #board = null;
  #rows = [];

  // `chooser` is the HandChooser; `offline(isOffline)` reports whether the service answers; `say(text)` shows an error.
  constructor({ chooser, offline, say }) {
    this.chooser = chooser;
    this.requests = new LatestRequest({
      shown: (readings) => this.#show(readings),
      refused: (error) => error instanceof ApiError && say(sentenceOf(error)),
      offline,
    });
    this.#rows = ["The original network", "Your hand"].map((name) => ({
      name: make("dt", { textContent: name }),
      answer: make("dd", {}, make("b"), make("span")),
    }));
    byId("live").replaceChildren(...this.#rows.map(({ name, answer }) => make("div", {}, name, answer)));
    this.#show([]);
  }

  // Call when the ink of the board or the hand has changed.
  read(board = this.#board) {
    this.#board = board;
    if (!board || board.isEmpty) {
      this.requests.drop();
      this.#show([]);
      return;
    }
    this.requests.ask({ run: () => this.#ask() });
  }

  async #ask() {
    const { blob } = await this.#board.snapshot();
    const taught = this.chooser.hand?.active ? [readDigit(blob, this.chooser.name)] : [];
    return Promise.all([readDigit(blob), ...taught]);
  }

  #show(readings) {
    const { hand } = this.chooser;
    const active = hand?.active ?? 0;
    this.#rows[1].name.textContent = active ? `${hand.name}, version ${active}` : "Your hand";
    this.#rows.forEach(({ answer }, i) => {
      const [digit, words] = answer.children;
      const reading = readings[i];
      digit.textContent = reading ? reading.text || "–" : "";
      answer.dataset.outcome = reading?.outcome ?? "none";
      words.textContent = reading ? howSure(reading) : i === 1 && !active ? "Not taught yet." : "Nothing written yet.";
    });
  }
}
