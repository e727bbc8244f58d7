// The result: the digits, the number as written if it differs, how sure the reading is, and the ink that was left out.

import { ignoredInWords } from "./judgement.js";
import { byId, howSure, sentence } from "./page_text.js";

const answer = byId("answer");
const [written, sure, reason, ignored] = ["written", "sure", "reason", "ignored"].map(byId);

const holder = document.querySelector(".remarks");

// `reading`: an answer from the API; null for a board without ink. A `tentative` reading may change with the next
// stroke: it is gray, has no remarks, and is not announced yet.
export function showAnswer(reading, { tentative = false } = {}) {
  const text = reading?.text ?? "";
  answer.setAttribute("aria-busy", String(tentative));
  answer.classList.toggle("tentative", tentative);
  if (answer.textContent !== text) answer.textContent = text; // announced only when it changes
  const lines = text.split("\n");
  answer.style.setProperty("--columns", Math.max(1, ...lines.map((line) => line.length)));
  answer.style.setProperty("--lines", lines.length);
  const remarks = tentative ? null : reading;
  written.hidden = !remarks || remarks.written === text;
  written.lastElementChild.textContent = written.hidden ? "" : remarks.written;
  sure.dataset.outcome = remarks?.outcome ?? "none";
  sure.textContent = tentative ? soFar(reading) : reading ? howSure(reading) : "Nothing written yet.";
  reason.textContent = sentence(remarks?.reason ?? "");
  ignored.textContent = remarks ? ignoredInWords(remarks) : "";
  if (!tentative) letKeysScroll(holder);
}

// The words for a reading that may still change.
function soFar(reading) {
  return reading?.isWritten && reading.outcome === "read" ? howSure(reading) : "Reading \u2026";
}

// Makes an element a tab stop only if it has to scroll.
function letKeysScroll(element) {
  if (element.scrollHeight > element.clientHeight) element.tabIndex = 0;
  else element.removeAttribute("tabindex");
}
