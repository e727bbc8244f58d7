// Connectionist temporal classification (CTC): the probability of a text given column probabilities.
//
// For each of T columns, a network gives the probabilities of the symbols and of no symbol ("blank"). The probability
// of a text is the sum over all its alignments to the columns, where repetitions are merged and blanks dropped: Graves,
// Fernandez, Gomez, Schmidhuber, "Connectionist Temporal Classification" (2006). `prefix_search.js` finds the texts.
//
// Columns are { data: Float64Array of t * c, t, c }, row by row, with blank as the last class; each row sums to 1.
// A text is an array of symbol numbers, 0..c-2. Like `inkling.pipeline.ctc`.

const LOG_ZERO = -1e9; // the logarithm of a probability of 0: finite, so that two can be compared
const MIN_PROB = 1e-9; // lower bound of a class's probability: a network's zero is due to rounding
const RESCALE_COLUMNS = 16; // columns between rescalings; MIN_PROB to that power is far from underflow

// A network's softmax, t * c numbers -> columns: softmax(log(probs) / temperature), all above 0.
export function calibrateColumns(probs, c, temperature) {
  const t = probs.length / c;
  const data = new Float64Array(t * c);
  for (let i = 0; i < t; i++) {
    let sum = 0;
    for (let k = i * c; k < (i + 1) * c; k++) {
      const prob = Math.max(probs[k], MIN_PROB);
      sum += data[k] = temperature === 1 ? prob : prob ** (1 / temperature);
    }
    for (let k = i * c; k < (i + 1) * c; k++) data[k] /= sum;
  }
  return { data, t, c };
}

// Columns with only the first n symbols; the others count as blank, so texts do not include them.
export function keepSymbols({ data, t, c }, n) {
  const kept = new Float64Array(t * (n + 1));
  for (let i = 0; i < t; i++) {
    for (let k = 0; k < c; k++) kept[i * (n + 1) + Math.min(k, n)] += data[i * c + k];
  }
  return { data: kept, t, c: n + 1 };
}

// Whether a text fits into a number of columns: two equal symbols in a row need a blank between them.
export function fits(text, nColumns) {
  const repeated = text.filter((symbol, i) => i > 0 && symbol === text[i - 1]).length;
  return text.length + repeated <= nColumns;
}

// The text of the most probable symbol in each column, which is nearly always the most probable text.
//
// Best path decoding (Graves et al. 2006, section 3.2): repetitions are merged, then blanks removed.
export function greedyDecode({ data, t, c }) {
  const text = [];
  let before = -1;
  for (let i = 0; i < t; i++) {
    let best = 0;
    for (let k = 1; k < c; k++) if (data[i * c + k] > data[i * c + best]) best = k;
    if (best !== before && best !== c - 1) text.push(best);
    before = best;
  }
  return text;
}

// The natural logarithm of a text's probability; -1e9 if the text does not fit into the columns.
//
// The forward algorithm of CTC (Graves et al. 2006, section 4.1), rescaled as it goes.
export function logLikelihood({ data, t, c }, text) {
  const { states, skips } = statesOf(text, c - 1);
  const n = states.length;
  let alpha = new Float64Array(n); // probability of being in each state after the columns so far, rescaled
  let next = new Float64Array(n);
  alpha[0] = data[states[0]];
  if (n > 1) alpha[1] = data[states[1]];
  let logScale = 0;
  for (let i = 0; i < t; i++) {
    if (i > 0) {
      for (let s = 0; s < n; s++) {
        let sum = alpha[s];
        if (s > 0) sum += alpha[s - 1];
        if (skips[s]) sum += alpha[s - 2];
        next[s] = sum * data[i * c + states[s]];
      }
      [alpha, next] = [next, alpha];
    }
    if (i % RESCALE_COLUMNS === 0) {
      const scale = Math.max(...alpha, 1e-300);
      for (let s = 0; s < n; s++) alpha[s] /= scale;
      logScale += Math.log(scale);
    }
  }
  const total = alpha[n - 1] + (n > 1 ? alpha[n - 2] : 0);
  return total > 0 ? Math.log(total) + logScale : LOG_ZERO;
}

// The probability of each symbol at each position of a text of n symbols: n arrays of c - 1 probabilities.
//
// Array i holds the probabilities of the text with each symbol at position i, scaled to a sum of 1. One forward and one
// backward pass give the parts before and after a position; only the symbol itself is recomputed.
export function substitutionProbs({ data, t, c }, text) {
  const { states, skips } = statesOf(text, c - 1);
  const n = states.length;
  const at = (i, s) => i * n + s;
  const forward = new Float64Array((t + 1) * n); // probability of the first i columns, the last of them in this state
  const leaving = new Float64Array((t + 1) * n); // probability of the columns from i on, column i in this state
  forward[0] = 1;
  for (let i = 0; i < t; i++) {
    for (let s = 0; s < n; s++) {
      let arriving = forward[at(i, s)];
      if (s > 0) arriving += forward[at(i, s - 1)];
      if (skips[s]) arriving += forward[at(i, s - 2)];
      forward[at(i + 1, s)] = arriving * data[i * c + states[s]];
    }
  }
  const rest = new Float64Array(n).fill(1, Math.max(0, n - 2)); // probability of columns from i on, after each state
  for (let i = t - 1; i >= 0; i--) {
    for (let s = 0; s < n; s++) leaving[at(i, s)] = data[i * c + states[s]] * rest[s];
    for (let s = 0; s < n; s++) {
      rest[s] = leaving[at(i, s)];
      if (s + 1 < n) rest[s] += leaving[at(i, s + 1)];
      if (s + 2 < n && skips[s + 2]) rest[s] += leaving[at(i, s + 2)];
    }
  }
  return text.map((_, place) => {
    const total = new Float64Array(c - 1);
    const s = 2 * place + 1; // the state of this symbol: the blank before it is s - 1, the one after it s + 1
    const isLast = place === text.length - 1;
    let sum = 0;
    for (let symbol = 0; symbol < c - 1; symbol++) {
      const differsBefore = place > 0 && text[place - 1] !== symbol;
      const differsAfter = !isLast && text[place + 1] !== symbol;
      let inside = 0;
      for (let i = 0; i < t; i++) {
        const begins = forward[at(i, s - 1)] + (differsBefore ? forward[at(i, s - 2)] : 0);
        inside = (inside + begins) * data[i * c + symbol];
        let ends = leaving[at(i + 1, s + 1)] + (differsAfter ? leaving[at(i + 1, s + 2)] : 0);
        if (isLast && i + 1 === t) ends = 1;
        total[symbol] += inside * ends;
      }
      sum += total[symbol];
    }
    return total.map((prob) => prob / Math.max(sum, 1e-300));
  });
}

// The columns of each symbol of a text, [first, last + 1]. The text must fit into the columns.
//
// They are those of the most probable alignment of the text (Viterbi).
export function align({ data, t, c }, text) {
  const { states, skips } = statesOf(text, c - 1);
  const n = states.length;
  const log = (i, s) => Math.log(Math.max(data[i * c + states[s]], 1e-30));
  const came = new Uint8Array(t * n); // 0, 1 or 2 states back
  let score = new Float64Array(n).fill(LOG_ZERO);
  for (let s = 0; s < Math.min(2, n); s++) score[s] = log(0, s);
  for (let i = 1; i < t; i++) {
    const following = new Float64Array(n);
    for (let s = 0; s < n; s++) {
      let best = score[s];
      if (s > 0 && score[s - 1] > best) [best, came[i * n + s]] = [score[s - 1], 1];
      if (skips[s] && score[s - 2] > best) [best, came[i * n + s]] = [score[s - 2], 2];
      following[s] = best + log(i, s);
    }
    score = following;
  }
  let state = n - 1 - Number(text.length > 0 && score[n - 2] > score[n - 1]);
  const spans = text.map(() => [0, 0]);
  for (let i = t - 1; i >= 0; i--) {
    if (state % 2) spans[state >> 1] = [i, spans[state >> 1][1] || i + 1];
    state -= came[i * n + state];
  }
  return spans;
}

// Blank, first symbol, blank, second symbol, .., blank; and 1 for states whose preceding blank may be skipped.
function statesOf(text, blank) {
  const states = new Int32Array(2 * text.length + 1).fill(blank);
  const skips = new Uint8Array(states.length);
  text.forEach((symbol, place) => {
    states[2 * place + 1] = symbol;
    skips[2 * place + 1] = Number(place > 0 && text[place - 1] !== symbol);
  });
  return { states, skips };
}
