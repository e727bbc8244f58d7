// Number formats of the page.

export const count = (n) => n.toLocaleString("en-GB");

export const percent = (share) => (share === null ? "not a number" : `${(share * 100).toFixed(1)} %`);

export function lossText(loss) {
  if (loss === null) return "not a number";
  return loss >= 100 ? loss.toFixed(0) : loss.toPrecision(3);
}

// base64, or bytes -> bytes
export const bytes = (text) => (typeof text === "string" ? Uint8Array.from(atob(text), (char) => char.charCodeAt(0)) : text);

// A color of the style sheet as [red, green, blue].
export function colour(name) {
  const context = document.createElement("canvas").getContext("2d");
  context.fillStyle = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  context.fillRect(0, 0, 1, 1);
  return context.getImageData(0, 0, 1, 1).data.slice(0, 3);
}
