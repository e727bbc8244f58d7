// The map of the hidden layer: a digit is shown when the pointer, a finger or the arrow keys come to it.

import { patiently, report } from "./client.js";
import { Painter } from "./paint.js";
import { Places } from "./places.js";
import { loadTiles, paintTile } from "./tiles.js";

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const REACH_PX = 26;

const canvas = document.getElementById("places");
const told = document.getElementById("told");
const near = document.getElementById("near");
const big = document.getElementById("tile");
const away = document.getElementById("away");

let places, painter, tileOf;
let chosen = -1;
let waiting = 0;

export async function startMap(name) {
  const fetched = async () => {
    const found = await report(name);
    return [found, await loadTiles(name, found)];
  };
  const [found, tiles] = await patiently(fetched, (gone) => (away.hidden = !gone));
  [places, tileOf] = [new Places(found.map), tiles];
  document.getElementById("map").hidden = false;
  painter = new Painter(canvas);
  new ResizeObserver(repaint).observe(canvas);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => choose(chosen));
  canvas.addEventListener("pointermove", point);
  canvas.addEventListener("pointerdown", point);
  canvas.addEventListener("keydown", walk);
  for (const input of document.querySelectorAll("input[name=only]")) {
    input.addEventListener("change", () => filter(input.value));
    if (input.checked && input.value) filter(input.value); // as the browser has kept it over a reload
  }
  choose(places.mistakes[0] ?? 0);
  document.getElementById("map").dataset.ready = "true";
}

function point(event) {
  const [x, y] = painter.toMap(event.offsetX, event.offsetY);
  const found = places.at(x, y, REACH_PX / painter.scale);
  canvas.style.cursor = found < 0 ? "" : "pointer";
  if (found >= 0 && found !== chosen) choose(found);
}

function walk(event) {
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  let next = -1;
  if (ARROWS[key]) next = places.towards(chosen, ARROWS[key]);
  else if (key === "n" || key === "p") next = places.mistake(chosen, key === "n" ? 1 : -1);
  else return;
  event.preventDefault();
  if (next >= 0) choose(next);
}

function filter(only) {
  places.filter(only);
  if (!places.shown.includes(chosen) && places.shown.length) choose(places.shown[0]);
  else repaint();
}

// Shows a digit large, says what it is, and shows those that are most like it to the network.
function choose(i) {
  chosen = i;
  paintTile(big, tileOf(i));
  const { label, read, confidence } = places;
  const sure = `${Math.floor(100 * confidence[i])}%`;
  told.textContent = places.wrong(i) ? `A ${label[i]}, read as ${read[i]}, ${sure} sure` : `A ${label[i]}, read so, ${sure} sure`;
  told.classList.toggle("wrong", places.wrong(i));
  near.replaceChildren(...places.near[i].map(neighbour));
  repaint();
}

function neighbour(i) {
  const item = document.createElement("li");
  const button = document.createElement("button");
  const tile = Object.assign(document.createElement("canvas"), { width: 28, height: 28 });
  button.type = "button";
  button.ariaLabel = `Neighbour: a ${places.label[i]}${places.wrong(i) ? `, read as ${places.read[i]}` : ""}`;
  button.append(tile, places.wrong(i) ? `${places.label[i]} \u2192 ${places.read[i]}` : String(places.label[i]));
  button.addEventListener("click", () => {
    choose(i);
    near.querySelector("button")?.focus();
  });
  item.append(button);
  near.append(item); // so that the colour of the page is known
  paintTile(tile, tileOf(i));
  return item;
}

// Once a frame at most.
function repaint() {
  waiting ||= requestAnimationFrame(() => {
    waiting = 0;
    painter.measure();
    if (painter.side) painter.paint(places, chosen);
  });
}
