// The reader's guesses and answers, stored only on this device.
//
// {SLUG: {guesses: {PIECE: option}, right: boolean}}; `right`: whether the chapter's question was answered correctly.

const KEY = "inkling-learn";

export function progress() {
  try {
    const found = JSON.parse(localStorage.getItem(KEY));
    return found !== null && typeof found === "object" && !Array.isArray(found) ? found : {};
  } catch {
    return {}; // forbidden or damaged
  }
}

export function rememberGuess(slug, piece, option) {
  const all = progress();
  const chapter = all[slug] ?? {};
  save({ ...all, [slug]: { ...chapter, guesses: { ...chapter.guesses, [piece]: option } } });
}

export function rememberRight(slug) {
  const all = progress();
  save({ ...all, [slug]: { ...all[slug], right: true } });
}

export function forget() {
  try {
    localStorage.removeItem(KEY);
  } catch {
    // then nothing is stored
  }
}

function save(all) {
  try {
    localStorage.setItem(KEY, JSON.stringify(all));
  } catch {
    // the chapter works without it
  }
}
