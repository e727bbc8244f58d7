// The filmstrip: the pipeline's steps as images (binarization, segmentation, normalization, result), with switches for an
// ablation: what each step contributes on this drawing.

import { ask } from "../common/api_client.js";
import { Panel } from "./panel.js";
import { paint } from "./tiles.js";
import { byId, percent, withoutBreaks } from "./page_text.js";

const MOST_TILES = 6;
const WITHOUT = {
  ink: "binarization",
  glyphs: "segmentation",
  shape: "keeping the shape",
  centre: "centring",
  pen: "stroke-width normalization",
};
const filmstrip = byId("filmstrip");
const switches = [...filmstrip.querySelectorAll("input[type=checkbox]")];
const frame = (step) => filmstrip.querySelector(`[data-step=${step}] .frame`);
const status = byId("filmstrip-status");

// `model()` names the network, `whole()` returns the answer with all steps on. Returns the panel.
export function watchFilmstrip({ model, whole }) {
  const panel = new Panel(filmstrip, { run, show: (answer) => show(answer, whole()), status });
  const off = () => switches.filter((one) => !one.checked).map((one) => one.name);

  function run(blob) {
    return ask("filmstrip", blob, { model: model(), off: off().join(",") });
  }
  filmstrip.addEventListener("change", () => panel.again());
  byId("all-steps").addEventListener("click", () => {
    for (const one of switches) one.checked = true;
    panel.again();
  });
  if (matchMedia("(min-width: 56em)").matches) filmstrip.open = true;
  return panel;
}

function show(answer, whole) {
  for (const step of ["image", "ink", "glyphs"]) {
    const found = answer.steps.find(({ name }) => name === step);
    frame(step).replaceChildren(...(found ? [picture(found)] : ["nothing found"]));
  }
  const marks = [...answer.digits, ...answer.others];
  const tiles = marks.slice(0, MOST_TILES).map(({ tile }) => {
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = 28;
    return [canvas, tile];
  });
  frame("tile").replaceChildren(...tiles.map(([canvas]) => canvas));
  frame("tile").classList.toggle("several", tiles.length > 1);
  for (const [canvas, tile] of tiles) paint(canvas, tile);
  const text = document.createElement("span");
  text.textContent = answer.text || "none";
  text.style.setProperty("--columns", Math.max(2, answer.text.length));
  frame("answer").replaceChildren(text);
  frame("answer").classList.toggle("worse", answer.off.length > 0 && answer.text !== whole?.text);
  filmstrip.querySelector("[data-step=answer] .caption").textContent = answer.text ? percent(answer.confidence) : "no digit";
  byId("all-steps").hidden = answer.off.length === 0;
  const words = withoutBreaks(inWords(answer, whole));
  if (status.textContent !== words) status.textContent = words;
}

function picture({ picture: source, title, size: [width, height] }) {
  const image = document.createElement("img");
  Object.assign(image, { src: source, alt: title, width, height });
  return image;
}

function inWords({ off, text, confidence, outcome }, whole) {
  if (!whole) return "";
  if (off.length === 0) return "Every step is on. Switch one off to see what it contributes on this drawing.";
  const names = off.map((name) => WITHOUT[name]);
  const without = `Without ${names.length > 1 ? `${names.slice(0, -1).join(", ")} and ${names.at(-1)}` : names[0]}`;
  const now = text ? `${spoken(text)} at ${percent(confidence)}` : outcome === "empty" ? "nothing" : "no digit";
  const before = whole.text ? `${spoken(whole.text)} at ${percent(whole.confidence)}` : "no digit";
  if (text !== whole.text) return `${without} it reads ${now} instead of ${before}.`;
  if (!text) return `${without} it finds no digit either.`;
  const lost = whole.confidence - confidence;
  if (lost > 0.02) return `${without} it still reads ${spoken(text)}, but at ${percent(confidence)} instead of ${percent(whole.confidence)}.`;
  return `${without} it still reads ${now}: this drawing does not need that step. Try another shape, size or place.`;
}

const spoken = (text) => text.replaceAll("\n", " / ");
