// The probabilities of the digits 0 to 9 for one glyph, as bars and in words.

import { percent } from "./page_text.js";

const MIN_SHOWN = 0.01; // probability
const bars = [...document.querySelectorAll("#bars [data-digit]")];
const alternatives = document.getElementById("alternatives");

// `probs`: ten probabilities that sum to 1; null for none. `which`: "Digit 2 of 3", where there are several.
export function showBars(probs, which = "") {
  const best = probs ? probs.indexOf(Math.max(...probs)) : -1;
  bars.forEach((bar, digit) => {
    const share = probs?.[digit] ?? 0;
    bar.style.setProperty("--share", share);
    bar.classList.toggle("best", digit === best);
    bar.setAttribute("aria-label", probs ? `${digit}: ${percent(share)}` : `${digit}`);
    bar.querySelector(".share").textContent = share >= MIN_SHOWN ? percent(share).replace(" %", "") : "";
  });
  alternatives.textContent = probs ? `${which ? `${which}: ` : ""}${inWords(probs, best)}` : "";
}

function inWords(probs, best) {
  const others = probs
    .map((share, digit) => ({ share, digit }))
    .filter(({ share, digit }) => digit !== best && share >= MIN_SHOWN)
    .sort((a, b) => b.share - a.share)
    .slice(0, 3)
    .map(({ share, digit }) => `${digit} at ${percent(share)}`);
  const listed = others.length > 1 ? `${others.slice(0, -1).join(", ")} or ${others.at(-1)}` : others[0];
  return listed ? `${best}, or else ${listed}.` : `${best}; no other digit comes near.`;
}
