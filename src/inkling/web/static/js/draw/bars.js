// Ten bars: how the network weighed the digits 0 to 9 for one glyph.

import { percent } from "./answer.js";

const bars = [...document.querySelectorAll("#bars [data-digit]")];

// `probs`: ten shares that sum to 1; null for none.
export function showBars(probs) {
  const best = probs ? probs.indexOf(Math.max(...probs)) : -1;
  bars.forEach((bar, digit) => {
    const share = probs?.[digit] ?? 0;
    bar.style.setProperty("--share", share);
    bar.classList.toggle("best", digit === best);
    bar.setAttribute("aria-label", probs ? `${digit}: ${percent(share)}` : `${digit}`);
    bar.querySelector(".share").textContent = share >= 0.01 ? percent(share).replace(" %", "") : "";
  });
}
