// The page's colors, for drawing on canvases. They are read again when the color scheme changes.

const NAMES = ["paper", "ink", "text", "quiet", "edge", "blue", "ochre", "well", "rule"];
const STEPS = 128; // steps of shade from paper to full color

let known = null;
const dark = matchMedia("(prefers-color-scheme: dark)");
dark.addEventListener("change", () => (known = null));

// Calls `redraw` when everything drawn in these colors has to be redrawn.
export function whenColoursChange(redraw) {
  dark.addEventListener("change", redraw);
}

// {paper, ink, ...: "#rrggbb"; shades: {ink, blue, ochre}: packed pixels from paper to the color}
export function colours() {
  known ??= readColours();
  return known;
}

function readColours() {
  const style = getComputedStyle(document.documentElement);
  const found = Object.fromEntries(NAMES.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
  const shades = Object.fromEntries(["ink", "blue", "ochre"].map((name) => [name, ramp(found.paper, found[name])]));
  return { ...found, shades };
}

// Uint32 pixels, as ImageData holds them, from one color to another.
function ramp(from, to) {
  const [a, b] = [channels(from), channels(to)];
  const bytes = new Uint8ClampedArray(4 * (STEPS + 1));
  for (let i = 0; i <= STEPS; i++) {
    const mixed = a.map((channel, c) => channel + ((b[c] - channel) * i) / STEPS);
    bytes.set([...mixed.map(Math.round), 255], 4 * i);
  }
  return new Uint32Array(bytes.buffer);
}

function channels(hex) {
  const full = hex.length === 4 ? [...hex.slice(1)].map((c) => c + c).join("") : hex.slice(1);
  return [0, 2, 4].map((at) => parseInt(full.slice(at, at + 2), 16));
}

// The color at a share, 0..1, of a ramp, as a packed pixel; `css` converts it to CSS.
export function shade(ramp, share) {
  return ramp[Math.round(Math.min(1, Math.max(0, share)) * STEPS)];
}

export function css(packed) {
  return `rgb(${packed & 255} ${(packed >> 8) & 255} ${(packed >> 16) & 255})`;
}
