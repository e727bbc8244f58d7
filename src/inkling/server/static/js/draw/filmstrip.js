// The filmstrip: the pipeline's steps as images. For single digits: binarization, segmentation, normalization and
// result, with switches for an ablation that shows what each step contributes to this drawing. For rows read as a
// whole: the rows, the input and output of the line network for each column, and the texts.

import { ask } from "../common/api_client.js";
import { Panel } from "./panel.js";
import { paint } from "./tiles.js";
import { byId, percent, withoutBreaks } from "./page_text.js";
import { rowStep, stepPicture } from "../common/row_steps.js";
import { isStatic } from "../common/site.js";

const MOST_TILES = 6;
const WITHOUT = {
  ink: "binarization",
  glyphs: "segmentation",
  shape: "keeping the shape",
  centre: "centering",
  pen: "stroke-width normalization",
};
const filmstrip = byId("filmstrip");
const switches = [...filmstrip.querySelectorAll("input[type=checkbox]")];
const [digitSteps, rowList] = [byId("digit-steps"), byId("row-steps")];
const frame = (step) => digitSteps.querySelector(`[data-step=${step}] .frame`);
const status = byId("filmstrip-status");

// `model()` returns the network's name, and `whole()` the answer with all steps on. `reader` is the Reader, which knows
// whether this page can read. Returns the panel.
export function watchFilmstrip({ model, whole, reader }) {
  const panel = new Panel(filmstrip, { run, show: (answer) => show(answer, whole()), status });
  const off = () => switches.filter((one) => !one.checked).map((one) => one.name);

  async function run(source) {
    return (await runHere(source)) ?? ask("filmstrip", await source.blob(), { model: model(), off: off().join(",") });
  }

  // Null if the server has to read.
  async function runHere(source) {
    const engine = await reader.engineFor(source);
    if (!engine) return null;
    try {
      const image = source.pixels ?? (await source.blob());
      const { glyphSteps, rowSteps } = await import("../common/step_pictures.js");
      const answer = await engine.read(image, { network: model(), steps: true, off: off() });
      return { ...answer, off: off(), steps: isRow(answer) ? rowSteps(answer) : glyphSteps(answer) };
    } catch (error) {
      if (isStatic) throw error;
      return null;
    }
  }

  filmstrip.addEventListener("change", () => panel.again());
  byId("all-steps").addEventListener("click", () => {
    for (const one of switches) one.checked = true;
    panel.again();
  });
  if (matchMedia("(min-width: 56em)").matches) filmstrip.open = true;
  return panel;
}

// Whether an answer of the engine has rows read as a whole.
function isRow({ rows }) {
  return (rows?.length ?? 0) > 0;
}

function show(answer, whole) {
  const isOfRows = answer.steps.some(({ name }) => name === "layout");
  digitSteps.hidden = isOfRows;
  rowList.hidden = !isOfRows;
  rowList.replaceChildren();
  if (isOfRows) showRow(answer);
  else showDigits(answer, whole);
  byId("all-steps").hidden = answer.off.length === 0;
  const words = withoutBreaks(isOfRows ? rowInWords(answer) : inWords(answer, whole));
  if (status.textContent !== words) status.textContent = words;
}

function showRow({ steps }) {
  rowList.replaceChildren(...steps.map(rowStep));
}

function showDigits(answer, whole) {
  for (const step of ["image", "ink", "glyphs"]) {
    const found = answer.steps.find(({ name }) => name === step);
    frame(step).replaceChildren(...(found ? [stepPicture(found)] : ["nothing found"]));
  }
  const marks = [...answer.digits, ...answer.others].filter(({ tile }) => tile);
  const tiles = marks.slice(0, MOST_TILES).map(({ tile }) => {
    const canvas = document.createElement("canvas");
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
}

function rowInWords({ text }) {
  if (!text) return "No digit was found.";
  return text.includes("\n")
    ? "The rows were read as a whole, by the line network, and not digit by digit."
    : "The row was read as a whole, by the line network, and not digit by digit.";
}

function inWords({ off, text, confidence, outcome }, whole) {
  if (!whole) return "";
  if (off.length === 0) return "Every step is on. Switch one off to see what it contributes.";
  const names = off.map((name) => WITHOUT[name]);
  const without = `Without ${names.length > 1 ? `${names.slice(0, -1).join(", ")} and ${names.at(-1)}` : names[0]}`;
  const now = text ? `${spoken(text)} at ${percent(confidence)}` : outcome === "empty" ? "nothing" : "no digit";
  const before = whole.text ? `${spoken(whole.text)} at ${percent(whole.confidence)}` : "no digit";
  if (text !== whole.text) return `${without} it reads ${now} instead of ${before}.`;
  if (!text) return `${without} it finds no digit either.`;
  const lost = whole.confidence - confidence;
  if (lost > 0.02) return `${without} it still reads ${spoken(text)}, but at ${percent(confidence)} instead of ${percent(whole.confidence)}.`;
  return `${without} it still reads ${now}: this drawing does not need that step. Try another shape, size or position.`;
}

const spoken = (text) => text.replaceAll("\n", " / ");
