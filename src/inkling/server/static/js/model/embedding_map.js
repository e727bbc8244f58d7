// The t-SNE map of the last hidden layer: pointer, finger or arrow keys select a digit.

import { report, retry } from "./report_client.js";
import { MapPainter } from "./map_painter.js";
import { MapPoints } from "./map_points.js";
import { loadTiles, paintTile } from "./digit_tiles.js";

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const REACH_PX = 26;

const canvas = document.getElementById("map-canvas");
const caption = document.getElementById("digit-caption");
const near = document.getElementById("near");
const big = document.getElementById("tile");
const offline = document.getElementById("offline");

let points, painter, tileOf;
let chosen = -1;
let waiting = 0;

export async function startMap(name) {
  const fetched = async () => {
    const found = await report(name);
    return [found, await loadTiles(name, found)];
  };
  const [found, tiles] = await retry(fetched, (isOffline) => (offline.hidden = !isOffline));
  [points, tileOf] = [new MapPoints(found.map), tiles];
  document.getElementById("map").hidden = false;
  painter = new MapPainter(canvas);
  new ResizeObserver(repaint).observe(canvas);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => choose(chosen));
  canvas.addEventListener("pointermove", point);
  canvas.addEventListener("pointerdown", point);
  canvas.addEventListener("keydown", walk);
  for (const input of document.querySelectorAll("input[name=only]")) {
    input.addEventListener("change", () => filter(input.value));
    if (input.checked && input.value) filter(input.value); // restored by the browser after a reload
  }
  choose(points.mistakes[0] ?? 0);
  document.getElementById("map").dataset.ready = "true";
}

function point(event) {
  const [x, y] = painter.toMap(event.offsetX, event.offsetY);
  const found = points.at(x, y, REACH_PX / painter.scale);
  canvas.style.cursor = found < 0 ? "" : "pointer";
  if (found >= 0 && found !== chosen) choose(found);
}

function walk(event) {
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  let next = -1;
  if (ARROWS[key]) next = points.towards(chosen, ARROWS[key]);
  else if (key === "n" || key === "p") next = points.mistake(chosen, key === "n" ? 1 : -1);
  else return;
  event.preventDefault();
  if (next >= 0) choose(next);
}

function filter(only) {
  points.filter(only);
  if (!points.shown.includes(chosen) && points.shown.length) choose(points.shown[0]);
  else repaint();
}

// Shows a digit enlarged, with its label and its nearest neighbors.
function choose(i) {
  chosen = i;
  paintTile(big, tileOf(i));
  const { label, read, confidence } = points;
  const sure = `${Math.floor(100 * confidence[i])}%`;
  caption.textContent = points.wrong(i) ? `A ${label[i]}, read as ${read[i]}, ${sure} sure` : `A ${label[i]}, read correctly, ${sure} sure`;
  caption.classList.toggle("wrong", points.wrong(i));
  near.replaceChildren(...points.near[i].map(neighbour));
  repaint();
}

function neighbour(i) {
  const item = document.createElement("li");
  const button = document.createElement("button");
  const tile = Object.assign(document.createElement("canvas"), { width: 28, height: 28 });
  button.type = "button";
  button.ariaLabel = `Neighbor: a ${points.label[i]}${points.wrong(i) ? `, read as ${points.read[i]}` : ""}`;
  button.append(tile, points.wrong(i) ? `${points.label[i]} \u2192 ${points.read[i]}` : String(points.label[i]));
  button.addEventListener("click", () => {
    choose(i);
    near.querySelector("button")?.focus();
  });
  item.append(button);
  near.append(item); // paintTile needs its computed color
  paintTile(tile, tileOf(i));
  return item;
}

// Repaints at most once per frame.
function repaint() {
  waiting ||= requestAnimationFrame(() => {
    waiting = 0;
    painter.measure();
    if (painter.side) painter.paint(points, chosen);
  });
}
