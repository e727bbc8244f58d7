// A guess before an interactive part is shown: the reader chooses an option; then the part and the reason appear.

import { progress, rememberGuess } from "./progress.js";

const SKIPPED = -1;

// Starts every guess of a chapter.
export function startGuesses(slug, root = document) {
  for (const element of root.querySelectorAll("[data-guess]")) startGuess(element, slug);
}

function startGuess(element, slug) {
  const { guess: piece, right } = element.dataset;
  const options = [...element.querySelectorAll("[data-option]")];
  const told = element.querySelector(".told");
  const tell = (option) => {
    const chosen = options[option]?.textContent;
    told.querySelector(".verdict").textContent = verdict(chosen, option === Number(right));
    element.dataset.made = option === Number(right) ? "right" : chosen ? "wrong" : "skipped";
  };
  const commit = (option) => {
    tell(option);
    rememberGuess(slug, piece, option);
    told.focus({ preventScroll: true }); // the buttons are gone, and screen readers read the reason
  };
  options.forEach((button, option) => button.addEventListener("click", () => commit(option)));
  element.querySelector(".skip").addEventListener("click", () => commit(SKIPPED));
  const before = progress()[slug]?.guesses?.[piece];
  if (Number.isInteger(before)) tell(before);
}

function verdict(chosen, isRight) {
  if (chosen === undefined) return "The answer:";
  return `You guessed “${chosen}”${isRight ? ", and that is right." : "."}`;
}
