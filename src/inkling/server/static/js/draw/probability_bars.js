// Answers two questions about a glyph: whether it is a digit, and which digit. The second answer is ten bars and words.

import { isDigitInWords, whichInWords } from "./judgement.js";
import { byId, percent } from "./page_text.js";

const MIN_SHOWN = 0.01; // probability
const bars = [...document.querySelectorAll("#bars [data-digit]")];
const holder = byId("bars");
const alternatives = byId("alternatives");
const [isDigit, heading] = ["is-digit", "bars-heading"].map(byId);

// `glyph`: a digit of a reading, or refused ink with its probabilities; null for none. `which`: "Digit 2 of 3" if there
// are several digits. `canTell`: whether the network can answer "none of the ten". A `tentative` glyph is gray and has
// no remarks.
export function showBars(glyph, { which = "", canTell = true, tentative = false } = {}) {
  const probs = glyph?.probs ?? null;
  const isRefused = Boolean(glyph?.kind);
  const best = probs && !isRefused ? probs.indexOf(Math.max(...probs)) : -1;
  holder.classList.toggle("tentative", tentative || isRefused);
  bars.forEach((bar, digit) => {
    const share = probs?.[digit] ?? 0;
    bar.style.setProperty("--share", share);
    bar.classList.toggle("best", digit === best);
    bar.setAttribute("aria-label", probs ? `${digit}: ${percent(share)}` : `${digit}`);
    bar.querySelector(".share").textContent = share >= MIN_SHOWN ? percent(share).replace(" %", "") : "";
  });
  heading.textContent = canTell ? "If so, which?" : "Which digit?";
  const isSaid = probs !== null && !tentative;
  alternatives.textContent = isSaid ? `${which ? `${which}: ` : ""}${whichInWords(probs, { isRefused })}` : "";
  const { share, words } = isSaid ? isDigitInWords(glyph, { canTell }) : { share: null, words: "" };
  isDigit.querySelector(".said").textContent = words;
  isDigit.querySelector(".meter").hidden = share === null;
  isDigit.style.setProperty("--share", share ?? 0);
}
