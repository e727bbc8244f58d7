// What the network saw of each digit and of refused ink, a button each: a tile, or a part of its row's image. Where hands
// are on, each can be corrected.

import { byId, percent } from "./page_text.js";

const holder = byId("tiles");
const placeholder = holder.innerHTML;

// Paints rows of values, 0 paper to 255 ink, in the canvas's colour.
export function paint(canvas, tile) {
  const [red, green, blue] = getComputedStyle(canvas).color.match(/[\d.]+/g).map(Number);
  canvas.width = canvas.height = tile.length;
  const image = new ImageData(tile.length, tile.length);
  tile.flat().forEach((ink, i) => image.data.set([red, green, blue, ink], 4 * i));
  canvas.getContext("2d").putImageData(image, 0, 0);
}

// Shows `digits` and then `refused` ink, the one at `selected` as chosen; `select(index)` is called at a click.
// `correct(opener, entry, label)` is called to correct one, with the label "0" to "9" if that was typed; null where
// nothing can be corrected. Of a `tentative` reading nothing can be corrected yet.
export function showTiles({ digits, refused, selected, select, correct, tentative = false }) {
  const entries = [...digits, ...refused];
  if (entries.length === 0) {
    holder.innerHTML = placeholder;
    return;
  }
  let tiles = [...holder.querySelectorAll(".tile")];
  const kinds = entries.map((_, i) => (i < digits.length ? "digit" : "refused"));
  if (tiles.map((tile) => tile.dataset.kind).join() !== kinds.join()) {
    tiles = kinds.map((kind) => makeTile(kind, correct)); // otherwise keep the buttons and the keyboard focus
    holder.replaceChildren(...tiles);
  }
  tiles.forEach((tile, i) => {
    const isDigit = i < digits.length;
    const [button, wrong] = tile.querySelectorAll("button");
    const open = (label) => correct(button, { said: "none", ...entries[i], ...(isDigit ? { said: String(entries[i].digit) } : {}) }, label);
    fill(button, entries[i], { name: isDigit ? `Digit ${i + 1}` : "", isPressed: i === selected });
    button.onclick = () => select(i);
    if (!correct) return;
    button.onkeydown = (event) => {
      if (tentative || !/^\d$/.test(event.key) || event.ctrlKey || event.metaKey) return;
      event.preventDefault(); // the field that gets the focus must not get the digit
      open(event.key);
    };
    wrong.onclick = () => open();
    wrong.disabled = tentative;
    wrong.setAttribute("aria-label", isDigit ? `Wrong? Digit ${i + 1}` : "A digit? The refused ink");
  });
}

function makeTile(kind, correct) {
  const [tile, button, label] = ["div", "button", "span"].map((name) => document.createElement(name));
  tile.className = "tile";
  tile.dataset.kind = kind;
  button.type = "button";
  button.append(document.createElement("canvas"), label);
  tile.append(button);
  if (correct) {
    const wrong = Object.assign(document.createElement("button"), { type: "button", className: "wrong-button" });
    wrong.textContent = kind === "digit" ? "Wrong?" : "A digit?";
    tile.append(wrong);
  }
  return tile;
}

// `name`: of a digit; "" for refused ink.
function fill(button, { digit, confidence, sure, tile }, { name, isPressed }) {
  button.classList.toggle("unsure", !name || !sure);
  button.setAttribute("aria-pressed", isPressed);
  const words = name ? `${name}: ${digit}, ${sure ? "sure" : "unsure"}, ${percent(confidence)}` : "Refused ink: read as no digit";
  button.setAttribute("aria-label", words);
  button.querySelector("span").textContent = name ? digit : "\u2013"; // the style adds a question mark where it is unsure
  const canvas = button.querySelector("canvas");
  if (tile) paint(canvas, tile);
  else canvas.width = canvas.height = 1; // a mark of a row has no tile
}
