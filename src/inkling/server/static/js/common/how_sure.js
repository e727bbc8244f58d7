// Probabilities and how sure a reading is, in words.

// A probability in whole percent, or in tenths of a percent below 1 % and from 99 % up; never 0 or 100 %.
export function percent(share) {
  if (share < 0.001) return "under 0.1 %";
  if (share < 0.01) return `${(Math.ceil(share * 1000) / 10).toFixed(1)} %`; // its complement is rounded down
  if (share < 0.99) return `${Math.round(share * 100)} %`;
  return `${(Math.floor(share * 1000) / 10).toFixed(1).replace("100.0", "99.9")} %`; // nothing is 100 % certain
}

// How sure a reading is: {word, share}; share is null if the word is shown without a number. The same rule as
// pipeline/how_sure.py: word and number never contradict each other.
export function verdict({ outcome, confidence }) {
  if (outcome === "read") return { word: "Read", share: confidence };
  if (outcome === "empty") return { word: "No ink found", share: null };
  if (outcome === "not_digit") return { word: "Not a digit", share: null };
  if (confidence > 0.95) return { word: "Not sure", share: null };
  return { word: confidence >= 0.5 ? "Probably" : "Not sure", share: confidence };
}

// "Probably, 84 %".
export function howSure(reading) {
  const { word, share } = verdict(reading);
  return share === null ? word : `${word}, ${percent(share)}`;
}
