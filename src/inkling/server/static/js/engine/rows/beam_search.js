// Beam search: keeps the best few prefixes after each column and returns those left after the last column.
//
// Hannun, Maas, Jurafsky, Ng, "First-Pass Large Vocabulary Continuous Speech Recognition using Bi-Directional Recurrent
// DNNs" (2014). This search proposes texts if the exact search of `prefix_search.js` would take too long.

import { CTC as CONFIG } from "../config.js";

// Columns, an automaton and its `acceptedRest` -> texts. A prefix is weighted by its probability of being accepted.
export function beamSearch({ data, t, c }, { step, final, symbols }, rest) {
  const isConstrained = rest !== null;
  let beam = [{ text: [], state: 0, inBlank: 1, inSymbol: 0 }];
  for (let i = 0; i < t; i++) {
    const p = data.subarray(i * c, (i + 1) * c);
    const fresh = likelySymbols(p.subarray(0, c - 1), isConstrained);
    const following = new Map();
    const at = (text, state) => {
      const key = String(text);
      if (!following.has(key)) following.set(key, { text, state, inBlank: 0, inSymbol: 0 });
      return following.get(key);
    };
    for (const { text, state, inBlank, inSymbol } of beam) {
      const either = inBlank + inSymbol;
      const last = text.length ? text.at(-1) : c - 1;
      const same = at(text, state);
      same.inBlank += either * p[c - 1];
      same.inSymbol += inSymbol * p[last];
      for (const symbol of fresh) {
        const longer = at([...text, symbol], step[state * symbols + symbol]);
        longer.inSymbol += (symbol === last ? inBlank : either) * p[symbol];
      }
    }
    const mass = ({ text, state, inBlank, inSymbol }) => {
      if (!isConstrained) return inBlank + inSymbol;
      const after = ((i + 1) * final.length + state) * c;
      return inBlank * rest[after + c - 1] + inSymbol * rest[after + (text.length ? text.at(-1) : c - 1)];
    };
    beam = [...following.values()]
      .map((one) => ({ one, mass: mass(one) }))
      .sort((a, b) => b.mass - a.mass)
      .slice(0, CONFIG.beam_width)
      .map(({ one }) => one);
  }
  return beam.filter(({ state }) => final[state]).map(({ text }) => text);
}

// The symbols that may start in a column, the most probable first; all symbols under a constraint.
function likelySymbols(probs, isConstrained) {
  const order = [...probs.keys()].sort((a, b) => probs[b] - probs[a]);
  return isConstrained ? order : order.slice(0, CONFIG.beam_symbols).filter((k) => probs[k] > CONFIG.beam_min_prob);
}
