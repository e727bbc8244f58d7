// The network's input for each digit and for refused ink, as buttons: a tile, or a part of the row's image. Each entry
// can be corrected by its own button or by the button beside the answer.

import { byId, percent } from "./page_text.js";

const [holder, answerWrong] = ["tiles", "wrong"].map(byId);
const placeholder = holder.innerHTML;
let ink = null; // red, green and blue of the ink of all tiles
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => (ink = null));

// Paints rows of values, 0 paper to 255 ink, in the color of the canvas.
export function paint(canvas, tile) {
  ink ??= getComputedStyle(canvas).color.match(/[\d.]+/g).map(Number); // once, because it makes the browser compute styles
  canvas.width = canvas.height = tile.length;
  const image = new ImageData(tile.length, tile.length);
  let at = 0;
  for (const row of tile) {
    for (const level of row) {
      for (const channel of ink) image.data[at++] = channel;
      image.data[at++] = level;
    }
  }
  canvas.getContext("2d").putImageData(image, 0, 0);
}

// Shows `digits` and then `refused` ink, with the entry at `selected` pressed; `select(index)` is called on a click.
// `correct(opener, entry, label)` is called to correct an entry, with the label "0" to "9" if one was typed. A
// `tentative` reading cannot be corrected yet.
export function showTiles({ digits, refused, selected, select, correct, tentative = false }) {
  const entries = [...digits, ...refused];
  answerWrong.hidden = tentative || entries.length === 0;
  answerWrong.textContent = digits.length > 0 ? "Wrong?" : "A digit?";
  if (entries.length === 0) {
    holder.innerHTML = placeholder;
    return;
  }
  let tiles = [...holder.querySelectorAll(".tile")];
  const kinds = entries.map((_, i) => (i < digits.length ? "digit" : "refused"));
  if (tiles.map((tile) => tile.dataset.kind).join() !== kinds.join()) {
    tiles = kinds.map(makeTile); // otherwise keep the buttons and the keyboard focus
    holder.replaceChildren(...tiles);
  }
  tiles.forEach((tile, i) => {
    const isDigit = i < digits.length;
    const [button, wrong] = tile.querySelectorAll("button");
    const entry = { said: "none", ...entries[i], ...(isDigit ? { said: String(entries[i].digit) } : {}) };
    fill(button, entries[i], { name: isDigit ? `Digit ${i + 1}` : "", isPressed: i === selected });
    button.onclick = () => select(i);
    button.onkeydown = (event) => {
      if (tentative || !/^\d$/.test(event.key) || event.ctrlKey || event.metaKey) return;
      event.preventDefault(); // so that the digit is not typed into the focused field
      correct(button, entry, event.key);
    };
    wrong.onclick = () => correct(button, entry);
    answerWrong.onclick = tiles.length > 1 ? () => goTo(tiles) : () => correct(answerWrong, entry);
    wrong.disabled = tentative;
    wrong.setAttribute("aria-label", isDigit ? `Wrong? Digit ${i + 1}` : "A digit? The refused ink");
  });
}

// Moves the focus to an entry's button, because the visitor must choose one of several entries.
function goTo(tiles) {
  holder.scrollIntoView({ block: "center" });
  (tiles.find((tile) => tile.querySelector(".unsure")) ?? tiles[0]).lastChild.focus({ preventScroll: true });
}

function makeTile(kind) {
  const [tile, button, label] = ["div", "button", "span"].map((name) => document.createElement(name));
  tile.className = "tile";
  tile.dataset.kind = kind;
  button.type = "button";
  button.append(document.createElement("canvas"), label);
  const wrong = Object.assign(document.createElement("button"), { type: "button", className: "wrong-button" });
  wrong.textContent = kind === "digit" ? "Wrong?" : "A digit?";
  tile.append(button, wrong);
  return tile;
}

// `name`: "Digit 1"; "" for refused ink.
function fill(button, { digit, confidence, sure, tile }, { name, isPressed }) {
  button.classList.toggle("unsure", !name || !sure);
  button.setAttribute("aria-pressed", isPressed);
  const words = name ? `${name}: ${digit}, ${sure ? "sure" : "unsure"}, ${percent(confidence)}` : "Refused ink: read as no digit";
  button.setAttribute("aria-label", words);
  button.querySelector("span").textContent = name ? digit : "\u2013"; // the style adds a question mark if it is unsure
  const canvas = button.querySelector("canvas");
  if (tile) paint(canvas, tile);
  else canvas.width = canvas.height = 1; // a mark of a row has no tile
}
