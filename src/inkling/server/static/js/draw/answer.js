// The result: the read text and its confidence in words.

import { percent, sentence } from "./page_text.js";

const answer = document.getElementById("answer");
const sure = document.getElementById("sure");
const reason = document.getElementById("reason");

function inWords({ outcome, confidence, digits }) {
  if (digits.length === 0) return outcome === "empty" ? "No ink found" : "Not a digit";
  if (outcome === "unsure") return `Unsure, ${percent(confidence)}`;
  const degree = confidence > 0.98 ? "Very sure" : "Sure";
  return `${degree}, ${percent(confidence)}`;
}

// `reading`: an answer of the API; null for a board without ink.
export function showAnswer(reading) {
  const text = reading?.text ?? "";
  if (answer.textContent !== text) answer.textContent = text; // announced only when it changes
  const lines = text.split("\n");
  answer.style.setProperty("--columns", Math.max(1, ...lines.map((line) => line.length)));
  answer.style.setProperty("--lines", lines.length);
  sure.dataset.outcome = reading?.outcome ?? "none";
  sure.textContent = reading ? inWords(reading) : "Nothing written yet.";
  reason.textContent = sentence(reading?.reason ?? "");
}
