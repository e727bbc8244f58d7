// The texts that a search accepts: start in state 0, follow `step` for each symbol, end in a `final` state.
//
// An automaton is { step: Int32Array of states * symbols, final: Uint8Array of states, symbols }. It is deterministic:
// each text has one sequence of states, so probabilities of states can be summed.

// The automaton that accepts every text.
export function anyText(symbols) {
  return { step: new Int32Array(symbols), final: Uint8Array.of(1), symbols };
}

// The automaton that accepts `text` with any symbols numbered `first` or higher before, between and after its own.
export function withSymbolsBetween(text, first, symbols) {
  const dead = text.length + 1;
  const step = new Int32Array((dead + 1) * symbols).fill(dead);
  for (let state = 0; state < dead; state++) {
    step.fill(state, state * symbols + first, (state + 1) * symbols);
    if (state < text.length) step[state * symbols + text[state]] = state + 1;
  }
  const final = new Uint8Array(dead + 1);
  final[text.length] = 1;
  return { step, final, symbols };
}

// The probability that columns i .. t - 1 end in a final state: (t + 1) * states * c numbers.
//
// The last axis is the symbol in column i - 1; the start counts as blank. null if every state is final, because all of
// these probabilities are 1 then.
export function acceptedRest({ data, t, c }, { step, final, symbols }) {
  if (final.every(Boolean)) return null;
  const states = final.length;
  const rest = new Float64Array((t + 1) * states * c);
  for (let state = 0; state < states; state++) {
    if (final[state]) rest.fill(1, (t * states + state) * c, (t * states + state + 1) * c);
  }
  for (let i = t - 1; i >= 0; i--) {
    for (let state = 0; state < states; state++) {
      const at = (i * states + state) * c;
      const same = ((i + 1) * states + state) * c;
      const blank = data[i * c + c - 1] * rest[same + c - 1];
      const started = (k) => data[i * c + k] * rest[((i + 1) * states + step[state * symbols + k]) * c + k];
      let all = 0;
      for (let k = 0; k < symbols; k++) all += rest[at + k] = started(k);
      rest[at + c - 1] = blank + all;
      for (let k = 0; k < symbols; k++) rest[at + k] = blank + data[i * c + k] * rest[same + k] + (all - rest[at + k]);
    }
  }
  return rest;
}
