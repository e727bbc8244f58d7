// Texts of the page.

import { howSure, percent, verdict } from "../common/how_sure.js";

export { howSure, percent };

export const byId = (id) => document.getElementById(id);

// Shows an error message; "" removes it.
export function say(text) {
  byId("message").textContent = sentence(text);
}

export function sentence(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

// Prevents a line break between a number and its "%".
export function withoutBreaks(text) {
  return text.replaceAll(" %", "\u00a0%");
}

// A text on one line; a wide gap separates columns.
export function onOneLine(text) {
  return text.replaceAll("\n", " / ").replaceAll("\t", "\u2003");
}

// A reading in brief, such as "407 · 97 %" or "4.5 · not sure".
export function shortResult(reading) {
  if (!reading.text) return "nothing";
  const { word, share } = verdict(reading);
  return `${onOneLine(reading.written)} · ${share === null ? word.toLowerCase() : percent(share)}`;
}
