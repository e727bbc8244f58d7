// What the page says in words, and where.

export const byId = (id) => document.getElementById(id);

// One sentence for a person about what went wrong; "" when all is well.
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

// No line ends between a number and its "%".
export function together(text) {
  return text.replaceAll(" %", "\u00a0%");
}

// A reading in short: "407 · 97 %".
export function tell({ text, confidence }) {
  return text ? `${text.replaceAll("\n", " ")} · ${percent(confidence)}` : "nothing";
}
