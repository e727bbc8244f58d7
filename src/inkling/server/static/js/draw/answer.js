// The result: the digits, the number as written where that differs, and how sure it is in words.

import { howSure, sentence } from "./page_text.js";

const answer = document.getElementById("answer");
const written = document.getElementById("written");
const sure = document.getElementById("sure");
const reason = document.getElementById("reason");

// `reading`: an answer of the API; null for a board without ink.
export function showAnswer(reading) {
  const text = reading?.text ?? "";
  if (answer.textContent !== text) answer.textContent = text; // announced only when it changes
  const lines = text.split("\n");
  answer.style.setProperty("--columns", Math.max(1, ...lines.map((line) => line.length)));
  answer.style.setProperty("--lines", lines.length);
  const isPlain = !reading || reading.written === text;
  written.hidden = isPlain;
  written.lastElementChild.textContent = isPlain ? "" : reading.written;
  sure.dataset.outcome = reading?.outcome ?? "none";
  sure.textContent = reading ? howSure(reading) : "Nothing written yet.";
  reason.textContent = sentence(reading?.reason ?? "");
}
