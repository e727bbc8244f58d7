// START HERE: digit_source.js provides a digit; dense_view.js shows small networks whole; layer_view.js shows networks
// with layers of maps; row_view.js shows a row read by the line network; textbook.js explains each part.

import { loadDigits } from "../common/test_digits.js";
import { savedDrawing } from "../common/drawing.js";
import { whenColoursChange } from "../common/colours.js";
import { DenseView } from "./dense_view.js";
import { announce, byId, write } from "../common/dom.js";
import { explainTerms } from "../common/glossary.js";
import { LayerView } from "./layer_view.js";
import { fromAddress, toAddress } from "./address.js";
import { DigitSource } from "./digit_source.js";
import { OutputPanel } from "./output_panel.js";
import { RowView } from "./row_view.js";
import { openTextbook } from "./textbook.js";

const REMEMBER_MS = 400;
const RETRY_MS = 1500;

explainTerms();
const main = document.querySelector("main");
const model = byId("model");
const digits = retrying(loadDigits);
const source = new DigitSource({ digits, changed, model: () => model.value });
const output = new OutputPanel({ pick: (unit) => current.pick(unit), target: (k) => current.explain(k) });
const dense = new DenseView({ source, digits, output, remember });
const layerView = new LayerView({ source, output, remember });
const rowView = new RowView({ source, model: () => model.value });
openTextbook({ facts: () => ({ source, dense, layers: layerView }) });

let current = null; // dense or layerView, once it can show something
let frame = 0;
let remembering = 0;

// Retries `load` until it succeeds, and shows meanwhile that the server does not answer.
async function retrying(load, isWanted = () => true) {
  for (;;) {
    try {
      const loaded = await load();
      byId("offline").hidden = true;
      return loaded;
    } catch (error) {
      if (error.kind || error.name === "EngineUnavailable" || !isWanted()) throw error; // refused
      byId("offline").hidden = false;
      await new Promise((done) => setTimeout(done, RETRY_MS));
    }
  }
}

// Updates at most once per frame, however fast the pen moves.
function changed() {
  cancelAnimationFrame(frame);
  frame = requestAnimationFrame(show);
  remember();
}

function show() {
  if (!current || !source.isSet) return;
  const kind = current === dense ? "dense" : "layers";
  main.dataset.mode = source.tile ? kind : source.row ? "row" : "empty";
  main.toggleAttribute("data-row", source.row !== null);
  if (source.tile) current.show();
  if (source.row) rowView.show();
}

function remember() {
  if (!current) return;
  clearTimeout(remembering);
  remembering = setTimeout(() => history.replaceState(null, "", address()), REMEMBER_MS);
}

function address() {
  const { neuron = null, modified = null } = current === dense ? dense : {};
  return toAddress({ model: model.value, source, neuron, modified });
}

async function choose(name, changes = {}) {
  model.value = name;
  const isDense = model.selectedOptions[0].dataset.kind === "dense";
  const wanted = () => model.value === name;
  try {
    if (isDense) await retrying(() => dense.load(name, changes), wanted);
    else layerView.load(name);
  } catch (error) {
    if (wanted()) source.say(error.message);
    return;
  }
  if (!wanted()) return; // another network was chosen in the meantime
  if (isDense) layerView.leave();
  current = isDense ? dense : layerView;
  write(byId("numbers"), Number(model.selectedOptions[0].dataset.parameters).toLocaleString("en"));
  byId("mistake").hidden = !isDense;
  show();
}

// Unless a link names a network, starts with that of the Draw page, so that the same ink gets the same answer.
async function begin() {
  const requested = fromAddress(location.hash);
  const before = savedDrawing();
  const names = [...model.options].map((option) => option.value);
  const wanted = [requested.model, before?.model, names[0]].find((name) => names.includes(name));
  const choosing = choose(wanted, requested);
  if (requested.index !== undefined) await source.open(requested.index);
  else if (requested.strokes) source.load(requested.strokes);
  else if (requested.strokes === undefined && before?.strokes.length) source.load(before.strokes);
  else await source.open(0);
  if (requested.model && !names.includes(requested.model)) source.say(`There is no network called ${requested.model} here; this is ${wanted}.`);
  if (requested.strokes === null) source.say("The drawing in this link is incomplete or damaged. Here is a test digit instead.");
  await choosing;
  document.documentElement.dataset.ready = "true";
}

async function copyLink() {
  history.replaceState(null, "", address());
  const words = byId("link").lastElementChild;
  try {
    await navigator.clipboard.writeText(location.href);
    write(words, "Copied");
  } catch {
    write(words, "It is in the address bar");
  }
  announce(words.textContent);
  setTimeout(() => write(words, "Copy link"), 2000);
}

model.addEventListener("change", () => {
  source.say("");
  choose(model.value).then(remember);
  source.again();
});
byId("link").addEventListener("click", copyLink);
byId("draw-here").addEventListener("click", () => byId("pad").scrollIntoView({ block: "center" }));
byId("mistake").addEventListener("click", () => dense.nextMistake());
addEventListener("hashchange", begin);
whenColoursChange(show);
new ResizeObserver(() => main.dataset.mode === "dense" && dense.resized()).observe(byId("diagram"));
begin();
