// START HERE: a digit comes from source.js, dense.js shows the small networks whole, film.js the layers of any other.

import { loadDigits } from "../common/digits.js";
import { kept } from "../common/drawing.js";
import { whenColoursChange } from "./colours.js";
import { Dense } from "./dense.js";
import { announce, byId, write } from "./dom.js";
import { Film } from "./film.js";
import { fromAddress, toAddress } from "./link.js";
import { Source } from "./source.js";

const REMEMBER_MS = 400;
const RETRY_MS = 1500;

const model = byId("model");
const digits = patient(loadDigits);
const source = new Source({ digits, changed, model: () => model.value });
const dense = new Dense({ source, digits, remember });
const film = new Film({ source });

let current = null; // dense or film, once it can show something
let frame = 0;
let remembering = 0;

// Tries until it works, and says so meanwhile: the server may be away for a moment.
async function patient(load, isWanted = () => true) {
  for (;;) {
    try {
      const loaded = await load();
      byId("away").hidden = true;
      return loaded;
    } catch (error) {
      if (error.kind || !isWanted()) throw error; // refused
      byId("away").hidden = false;
      await new Promise((done) => setTimeout(done, RETRY_MS));
    }
  }
}

// Once a frame at most, however fast the pen moves.
function changed() {
  cancelAnimationFrame(frame);
  frame = requestAnimationFrame(() => current?.show());
  remember();
}

function remember() {
  if (!current) return;
  clearTimeout(remembering);
  remembering = setTimeout(() => {
    const { neuron = null, knobs = null } = current === dense ? dense : {};
    history.replaceState(null, "", toAddress({ model: model.value, source, neuron, knobs }));
  }, REMEMBER_MS);
}

async function choose(name, knobs = {}) {
  model.value = name;
  const isDense = model.selectedOptions[0].dataset.kind === "dense";
  const wanted = () => model.value === name;
  try {
    if (isDense) await patient(() => dense.load(name, knobs), wanted);
    else film.load(name);
  } catch (error) {
    if (wanted()) source.say(error.message);
    return;
  }
  if (!wanted()) return; // another was chosen meanwhile
  current = isDense ? dense : film;
  document.querySelector("main").dataset.mode = isDense ? "dense" : "film";
  write(byId("numbers"), Number(model.selectedOptions[0].dataset.parameters).toLocaleString("en"));
  byId("mistake").hidden = !isDense;
  if (source.isSet) current.show();
}

async function begin() {
  const said = fromAddress(location.hash);
  const before = kept();
  const names = [...model.options].map((option) => option.value);
  const small = [...model.options].filter((option) => option.dataset.kind === "dense").map((option) => option.value);
  const [wanted] = [said.model, small.includes(before?.model) ? before.model : undefined, "ann", small[0], names[0]].filter(
    (name) => names.includes(name),
  );
  const choosing = choose(wanted, said);
  if (said.index !== undefined) await source.open(said.index);
  else if (said.strokes) source.load(said.strokes);
  else if (said.strokes === undefined && before?.strokes.length) source.load(before.strokes);
  else await source.open(0);
  if (said.model && !names.includes(said.model)) source.say(`There is no network called ${said.model} here; this is ${wanted}.`);
  if (said.strokes === null) source.say("The drawing in this link is cut short or damaged. Here is a test digit instead.");
  await choosing;
  document.documentElement.dataset.ready = "true";
}

async function copyLink() {
  const { neuron = null, knobs = null } = current === dense ? dense : {};
  history.replaceState(null, "", toAddress({ model: model.value, source, neuron, knobs }));
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
whenColoursChange(() => source.isSet && current?.show());
new ResizeObserver(() => current === dense && source.isSet && dense.resized()).observe(byId("stage"));
begin();
