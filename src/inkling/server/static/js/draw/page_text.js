// Texts of the page.

export const byId = (id) => document.getElementById(id);

// Shows an error message; "" removes it.
export function say(text) {
  byId("message").textContent = sentence(text);
}

export function sentence(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export function percent(share) {
  if (share < 0.99) return `${Math.round(share * 100)} %`;
  return `${(Math.floor(share * 1000) / 10).toFixed(1).replace("100.0", "99.9")} %`; // nothing is 100 % certain
}

// Prevents a line break between a number and its "%".
export function withoutBreaks(text) {
  return text.replaceAll(" %", "\u00a0%");
}

// A reading in brief: "407 · 97 %".
export function shortResult({ text, confidence }) {
  return text ? `${text.replaceAll("\n", " ")} · ${percent(confidence)}` : "nothing";
}
