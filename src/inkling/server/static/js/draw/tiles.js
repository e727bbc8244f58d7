// What the network saw of each digit, one button per digit: a tile, or a part of its row's image.

import { percent } from "./page_text.js";

const holder = document.getElementById("tiles");
const placeholder = holder.innerHTML;

// Paints rows of values, 0 paper to 255 ink, in the canvas's colour.
export function paint(canvas, tile) {
  const [red, green, blue] = getComputedStyle(canvas).color.match(/[\d.]+/g).map(Number);
  canvas.width = canvas.height = tile.length;
  const image = new ImageData(tile.length, tile.length);
  tile.flat().forEach((ink, i) => image.data.set([red, green, blue, ink], 4 * i));
  canvas.getContext("2d").putImageData(image, 0, 0);
}

function makeTile() {
  const button = document.createElement("button");
  const canvas = document.createElement("canvas");
  const label = document.createElement("span");
  button.type = "button";
  button.append(canvas, label);
  return button;
}

// Shows `digits`, the one at `selected` as chosen; `select(index)` is called at a click.
export function showTiles(digits, selected, select) {
  if (digits.length === 0) {
    holder.innerHTML = placeholder;
    return;
  }
  let buttons = [...holder.querySelectorAll("button")];
  if (buttons.length !== digits.length) {
    buttons = digits.map(makeTile); // otherwise keep the buttons and the keyboard focus
    holder.replaceChildren(...buttons);
  }
  buttons.forEach((button, i) => {
    const { digit, confidence, sure, tile } = digits[i];
    button.classList.toggle("unsure", !sure);
    button.setAttribute("aria-pressed", i === selected);
    button.setAttribute("aria-label", `Digit ${i + 1}: ${digit}, ${sure ? "sure" : "unsure"}, ${percent(confidence)}`);
    button.querySelector("span").textContent = sure ? digit : `${digit}?`;
    button.onclick = () => select(i);
    paint(button.querySelector("canvas"), tile);
  });
}
