// One large digit: its pixel values in a movable window, the flattened row of 784, and pixels that can be changed.

import { loadDigits } from "../common/test_digits.js";
import { forward, loadNetwork } from "../common/dense_network.js";
import { percent } from "../draw/page_text.js";
import { normalizedTile } from "./drawing_transform.js";
import { ownDigit } from "./own_strokes.js";
import { argmax, buttons, colour, paintTile, partsOf, responsiveCanvas, SIDE, watchCells } from "./widgets.js";

const NETWORK = "ann";
const [WIDE, HIGH] = [7, 5]; // pixels of the window
const READABLE_PX = 15; // the smallest cell that shows its value
const BRUSH = [[0, 0, 255], [1, 0, 110], [-1, 0, 110], [0, 1, 110], [0, -1, 110]]; // column, row, ink

export async function begin(section) {
  const { modes, digit, flat, position, numbers, prediction, another, reset } = partsOf(section);
  const [digits, network] = await Promise.all([loadDigits(), loadNetwork(NETWORK)]);
  let number = 4; // of the test digit; null for the reader's own
  let original; // 784 values, 0 to 255
  let pixels; // the same, perhaps edited
  let first; // the network's answer before any change
  let at = [18, 11]; // column and row of the window's center
  let mode = "look";
  const tile = () => Float32Array.from(pixels, (ink) => ink / 255);
  const corner = () => [Math.min(Math.max(at[0] - 3, 0), SIDE - WIDE), Math.min(Math.max(at[1] - 2, 0), SIDE - HIGH)];

  const drawDigit = responsiveCanvas(digit, 1, (context, width) => {
    if (!pixels) return;
    paintTile(context, tile(), { size: width });
    const cell = width / SIDE;
    writePixelValues(context, cell, pixels);
    const [x, y] = corner();
    outline(context, [x * cell, y * cell, WIDE * cell, HIGH * cell], "paper", 5);
    outline(context, [x * cell, y * cell, WIDE * cell, HIGH * cell], "blue", 2.5);
    outline(context, [at[0] * cell, at[1] * cell, cell, cell], "ochre", 2.5);
  });
  const drawFlat = responsiveCanvas(flat, 22, (context, width, height) => {
    if (!pixels) return;
    const step = width / pixels.length;
    context.fillStyle = colour("ink");
    pixels.forEach((ink, i) => {
      context.globalAlpha = ink / 255;
      context.fillRect(i * step, 0, step + 0.3, height);
    });
    context.globalAlpha = 1;
    outline(context, [at[1] * SIDE * step, 1, SIDE * step, height - 2], "blue", 2);
    outline(context, [(at[1] * SIDE + at[0]) * step - 1, 1, step + 2, height - 2], "ochre", 2);
  });

  const show = () => {
    drawDigit();
    drawFlat();
    const index = at[1] * SIDE + at[0];
    position.textContent = `Column ${at[0] + 1}, row ${at[1] + 1}: ${pixels[index]} of 255. In the flattened row it is number ${index + 1} of 784.`;
    numbers.tBodies[0].replaceChildren(...windowRows(pixels, corner(), at));
    const { probs } = forward(network, tile());
    const best = argmax(probs);
    const changed = pixels.reduce((n, ink, i) => n + (ink !== original[i]), 0);
    reset.disabled = changed === 0;
    const label = number === null ? "Your own digit" : `Labeled ${digits.labels[number]}`;
    prediction.textContent = `${label}. The network ann reads ${best}, with ${percent(probs[best])}.${
      changed ? ` You have changed ${changed} of the 784 numbers${best === first ? "" : ", and its answer"}.` : ""
    }`;
  };
  // Shows a digit: the number of a test digit, or 784 values from 0 to 1.
  const take = (next) => {
    number = typeof next === "number" ? next : null;
    original = number === null ? Uint8Array.from(next, (ink) => Math.round(255 * ink)) : digits.images.slice(number * SIDE * SIDE, (number + 1) * SIDE * SIDE);
    pixels = original.slice();
    first = argmax(forward(network, tile()).probs);
    show();
  };
  const touch = ([column, row]) => {
    for (const [right, down, ink] of BRUSH) {
      const [x, y] = [column + right, row + down];
      if (x < 0 || y < 0 || x >= SIDE || y >= SIDE) continue;
      const i = y * SIDE + x;
      pixels[i] = mode === "ink" ? Math.max(pixels[i], ink) : Math.min(pixels[i], 255 - ink);
    }
  };

  const names = { look: "Look", ink: "Add ink", rub: "Erase ink" };
  const tools = buttons(modes, names, (key) => {
    mode = key;
    digit.style.touchAction = mode === "look" ? "pan-y" : "none"; // so that painting with a finger does not scroll the page
  });
  tools.press("look");
  watchCells(digit, {
    columns: SIDE,
    rows: SIDE,
    at: () => at,
    choose: (column, row, how) => {
      at = [column, row];
      if (how === "press" && mode !== "look") touch(at);
      show();
    },
  });
  another.addEventListener("click", () => take(((number ?? -1) + 1) % digits.labels.length));
  reset.addEventListener("click", () => {
    pixels = original.slice();
    show();
  });
  section.addEventListener("take", (event) => take(event.detail)); // other parts send a digit here
  const strokes = ownDigit();
  take(strokes.length ? normalizedTile(strokes) : number);
}

function outline(context, [x, y, w, h], name, thickness) {
  context.strokeStyle = colour(name);
  context.lineWidth = thickness;
  context.strokeRect(x, y, w, h);
}

// Writes the value of each pixel, 0 to 255, if `cell`, the side of a pixel, has room for it.
export function writePixelValues(context, cell, pixels) {
  if (cell < READABLE_PX) return;
  context.font = `${Math.round(cell * 0.44)}px ${getComputedStyle(document.body).fontFamily}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  const [dark, light] = [colour("paper"), colour("quiet")];
  pixels.forEach((ink, i) => {
    context.fillStyle = ink > 110 ? dark : light;
    context.globalAlpha = ink ? 1 : 0.55;
    context.fillText(ink, ((i % SIDE) + 0.5) * cell, (Math.floor(i / SIDE) + 0.53) * cell);
  });
  context.globalAlpha = 1;
}

function windowRows(pixels, [x, y], at) {
  return Array.from({ length: HIGH }, (_, down) => {
    const line = document.createElement("tr");
    for (let column = x; column < x + WIDE; column++) {
      const ink = pixels[(y + down) * SIDE + column];
      const cell = line.insertCell();
      cell.textContent = ink;
      cell.style.setProperty("--ink-share", `${Math.round((24 * ink) / 255)}%`);
      cell.classList.toggle("chosen", column === at[0] && y + down === at[1]);
    }
    return line;
  });
}
