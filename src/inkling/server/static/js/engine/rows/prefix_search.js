// Find the most probable texts given column probabilities, in order, optionally under a constraint.
//
// Prefix search (Graves, Fernandez, Gomez, Schmidhuber, "Connectionist Temporal Classification", 2006, section 3.2):
// the most probable prefix is extended first. A constraint is an automaton over symbols. The probability of a prefix
// includes only accepted texts, so a prefix of no accepted text is never extended. For clear writing, the search is
// exact. Like `inkling.pipeline.prefix_search`.

import { CTC as CONFIG } from "../config.js";
import { acceptedRest, anyText } from "./automaton.js";
import { beamSearch } from "./beam_search.js";
import { logLikelihood } from "./ctc.js";
import { Heap } from "./heap.js";

export class PrefixSearch {
  #columns; // (t, c)
  #automaton;
  #rest; // of `acceptedRest`
  #weights = new Map(); // by state: (t, c - 1), the probability of each column's symbols times the rest after them
  #heap = new Heap(); // of { prob, text, parent }: whole texts have no parent, prefixes have one
  #least = 0;
  #extended = 0; // columns of all extended prefixes: the cost of the search

  // `columns`: at least one; `automaton`: over c - 1 symbols, any text by default.
  constructor(columns, automaton = anyText(columns.c - 1)) {
    this.#columns = columns;
    this.#automaton = automaton;
    this.#rest = acceptedRest(columns, automaton);
    this.accepted = this.#rest ? this.#rest[columns.c - 1] : 1; // probability that the image shows an accepted text
    this.unseen = this.accepted; // the probability of accepted texts that have not been found yet
    if (this.accepted <= 0) return;
    this.#least = CONFIG.negligible_share * this.accepted;
    const { data, t, c } = columns;
    const inBlank = new Float64Array(t + 1).fill(1);
    for (let i = 0; i < t; i++) inBlank[i + 1] = inBlank[i] * data[i * c + c - 1];
    this.#extend({ text: [], state: 0, inSymbol: new Float64Array(t + 1), inBlank });
  }

  // Some of the texts, { text, prob }, the most probable first, in bounded time.
  //
  // The order is exact if some text is probable. Otherwise, once the columns of the extended prefixes exceed the
  // configured limit, a beam search proposes the rest; the probabilities are still exact.
  *texts() {
    const found = new Set();
    const limit = this.#extended + CONFIG.max_columns;
    while (this.#heap.size) {
      if (this.#extended >= limit) {
        for (const one of this.#proposals(found)) {
          this.unseen = Math.max(0, this.unseen - one.prob);
          yield one;
        }
        return;
      }
      const { prob, text, parent } = this.#heap.pop();
      if (parent) {
        this.#extend(this.#prefix(text, parent));
        continue;
      }
      this.unseen = Math.max(0, this.unseen - prob);
      found.add(String(text));
      yield { text, prob };
    }
  }

  // The first `n` of `texts`, or fewer if the others have nearly no probability left.
  nBest(n = CONFIG.n_best) {
    const found = [];
    for (const text of this.texts()) {
      found.push(text);
      if (found.length === n || this.unseen <= CONFIG.min_share * this.accepted) break;
    }
    return found;
  }

  // Whole texts from the heap and from a beam search that have not been found yet, the best first.
  #proposals(found) {
    const whole = this.#heap.items().filter(({ parent }) => !parent).map(({ text }) => text);
    const proposed = [...whole, ...beamSearch(this.#columns, this.#automaton, this.#rest)];
    const texts = new Map(proposed.map((text) => [String(text), text]));
    for (const known of found) texts.delete(known);
    return [...texts.values()]
      .map((text) => ({ text, prob: Math.exp(logLikelihood(this.#columns, text)) }))
      .sort((a, b) => b.prob - a.prob);
  }

  // The prefix `text`, one symbol longer than its parent, with the probabilities that the first i columns show it, for
  // i = 0 .. t: the forward algorithm for this symbol.
  #prefix(text, parent) {
    const { data, t, c } = this.#columns;
    const symbol = text.at(-1);
    const repeats = parent.text.at(-1) === symbol; // two equal symbols need a blank between them
    const inSymbol = new Float64Array(t + 1); // column i - 1 belongs to the last symbol
    const inBlank = new Float64Array(t + 1); // column i - 1 is blank
    for (let i = 0; i < t; i++) {
      const arriving = repeats ? parent.inBlank[i] : parent.inBlank[i] + parent.inSymbol[i];
      inSymbol[i + 1] = (arriving + inSymbol[i]) * data[i * c + symbol];
      inBlank[i + 1] = (inBlank[i] + inSymbol[i]) * data[i * c + c - 1];
    }
    const state = this.#automaton.step[parent.state * this.#automaton.symbols + symbol];
    return { text, state, inSymbol, inBlank };
  }

  // Pushes the prefix as a whole text, and each longer prefix, onto the heap.
  #extend(prefix) {
    this.#extended += this.#columns.t;
    const whole = this.#automaton.final[prefix.state] ? prefix.inSymbol.at(-1) + prefix.inBlank.at(-1) : 0;
    if (whole > this.#least) this.#heap.push({ prob: whole, text: prefix.text, parent: null });
    this.#masses(prefix).forEach((prob, symbol) => {
      if (prob > this.#least) this.#heap.push({ prob, text: [...prefix.text, symbol], parent: prefix });
    });
  }

  // For each symbol, the probability of all accepted texts that start with the prefix and that symbol: (c - 1).
  #masses({ text, state, inSymbol, inBlank }) {
    const { t, c } = this.#columns;
    const weights = this.#weightsOf(state);
    const masses = new Float64Array(c - 1);
    const last = text.length ? text.at(-1) : -1;
    for (let i = 0; i < t; i++) {
      const either = inBlank[i] + inSymbol[i];
      for (let k = 0; k < c - 1; k++) masses[k] += (k === last ? inBlank[i] : either) * weights[i * (c - 1) + k];
    }
    return masses;
  }

  #weightsOf(state) {
    if (!this.#weights.has(state)) {
      const { data, t, c } = this.#columns;
      const { step, final } = this.#automaton;
      const weights = new Float64Array(t * (c - 1));
      for (let i = 0; i < t; i++) {
        for (let k = 0; k < c - 1; k++) {
          const next = ((i + 1) * final.length + step[state * (c - 1) + k]) * c + k;
          weights[i * (c - 1) + k] = data[i * c + k] * (this.#rest ? this.#rest[next] : 1);
        }
      }
      this.#weights.set(state, weights);
    }
    return this.#weights.get(state);
  }
}
