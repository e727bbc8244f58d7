// START HERE: a digit comes from digit_source.js; dense_view.js shows small networks whole, layer_view.js the layers of
// any other, row_view.js what the line network makes of a row.

import { loadDigits } from "../common/test_digits.js";
import { savedDrawing } from "../common/drawing.js";
import { whenColoursChange } from "../common/colours.js";
import { DenseView } from "./dense_view.js";
import { announce, byId, write } from "../common/dom.js";
import { explainTerms } from "../common/glossary.js";
import { LayerView } from "./layer_view.js";
import { fromAddress, toAddress } from "./address.js";
import { DigitSource } from "./digit_source.js";
import { RowView } from "./row_view.js";

const REMEMBER_MS = 400;
const RETRY_MS = 1500;

explainTerms();
const model = byId("model");
const digits = retrying(loadDigits);
const source = new DigitSource({ digits, changed, model: () => model.value });
const dense = new DenseView({ source, digits, remember });
const layerView = new LayerView({ source });
const rowView = new RowView({ source, model: () => model.value });

let current = null; // dense or layerView, once it can show something
let frame = 0;
let remembering = 0;

// Tries until it works and shows meanwhile that the server does not answer.
async function retrying(load, isWanted = () => true) {
  for (;;) {
    try {
      const loaded = await load();
      byId("offline").hidden = true;
      return loaded;
    } catch (error) {
      if (error.kind || !isWanted()) throw error; // refused
      byId("offline").hidden = false;
      await new Promise((done) => setTimeout(done, RETRY_MS));
    }
  }
}

// Once a frame at most, however fast the pen moves.
function changed() {
  cancelAnimationFrame(frame);
  frame = requestAnimationFrame(show);
  remember();
}

function show() {
  if (!current || !source.isSet) return;
  document.querySelector("main").dataset.mode = source.row ? "row" : current === dense ? "dense" : "layers";
  (source.row ? rowView : current).show();
}

function remember() {
  if (!current) return;
  clearTimeout(remembering);
  remembering = setTimeout(() => {
    const { neuron = null, modified = null } = current === dense ? dense : {};
    history.replaceState(null, "", toAddress({ model: model.value, source, neuron, modified }));
  }, REMEMBER_MS);
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
  if (!wanted()) return; // another was chosen meanwhile
  current = isDense ? dense : layerView;
  document.querySelector("main").dataset.mode = isDense ? "dense" : "layers";
  write(byId("numbers"), Number(model.selectedOptions[0].dataset.parameters).toLocaleString("en"));
  byId("mistake").hidden = !isDense;
  show();
}

async function begin() {
  const requested = fromAddress(location.hash);
  const before = savedDrawing();
  const names = [...model.options].map((option) => option.value);
  const small = [...model.options].filter((option) => option.dataset.kind === "dense").map((option) => option.value);
  const [wanted] = [requested.model, small.includes(before?.model) ? before.model : undefined, "ann", small[0], names[0]].filter(
    (name) => names.includes(name),
  );
  const choosing = choose(wanted, requested);
  if (requested.index !== undefined) await source.open(requested.index);
  else if (requested.strokes) source.load(requested.strokes);
  else if (requested.strokes === undefined && before?.strokes.length) source.load(before.strokes);
  else await source.open(0);
  if (requested.model && !names.includes(requested.model)) source.say(`There is no network called ${requested.model} here; this is ${wanted}.`);
  if (requested.strokes === null) source.say("The drawing in this link is cut short or damaged. Here is a test digit instead.");
  await choosing;
  document.documentElement.dataset.ready = "true";
}

async function copyLink() {
  const { neuron = null, modified = null } = current === dense ? dense : {};
  history.replaceState(null, "", toAddress({ model: model.value, source, neuron, modified }));
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
byId("mistake").addEventListener("click", () => dense.nextMistake());
addEventListener("hashchange", begin);
whenColoursChange(show);
new ResizeObserver(() => current === dense && source.isSet && !source.row && dense.resized()).observe(byId("diagram"));
begin();
