// The same drawing read by every network, side by side.

import { ask } from "../common/api_client.js";
import { isStatic } from "../common/site.js";
import { Panel } from "./panel.js";
import { byId, howSure, percent, withoutBreaks } from "./page_text.js";

const NUMBERS = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight"];
const panel = byId("compare");
const cards = byId("networks");
const status = byId("compare-status");

// `about(name)` returns {title, parameters} of a network; `parameters` is their number, "" if unknown. `reader` is the
// Reader, which knows whether this page can read. Returns the panel.
export function watchComparison({ about, reader }) {
  const run = async (source) => (await readHere(source, reader)) ?? ask("compare", await source.blob(), {});
  return new Panel(panel, { run, show: (answer) => show(answer, about), status });
}

// Null if the server has to read the source: a server's hand is chosen, the source is a picture, or the engine cannot
// run the networks.
async function readHere(source, reader) {
  const engine = await reader.engineFor(source);
  if (!engine) return null;
  const readings = [];
  try {
    for (const { name } of engine.networks()) readings.push(await engine.read(source.pixels ?? (await source.blob()), { network: name }));
  } catch (error) {
    if (isStatic) throw error;
    return null;
  }
  return { readings };
}

function show({ readings }, about) {
  const usual = mostCommon(readings.map(({ text }) => text));
  const place = firstDifference(readings.map(({ text }) => text.replaceAll("\n", "")));
  if (cards.children.length !== readings.length) cards.replaceChildren(...readings.map(makeCard));
  readings.forEach((reading, i) => fill(cards.children[i], reading, { usual, place, ...about(reading.model.name) }));
  const words = withoutBreaks(inWords(readings, usual, (name) => about(name).title));
  if (status.textContent !== words) status.textContent = words;
}

function makeCard() {
  const card = document.createElement("li");
  card.className = "boxed";
  card.innerHTML =
    '<h3></h3><p class="size"></p><p class="text"></p><p class="share"></p><p class="differs">differs from most</p><div class="well" aria-hidden="true"></div>';
  for (let digit = 0; digit < 10; digit++) {
    const bar = document.createElement("span");
    bar.append(document.createElement("i"), String(digit));
    card.querySelector(".well").append(bar);
  }
  return card;
}

function fill(card, { model, text, confidence, digits, outcome }, { usual, place, title, parameters }) {
  const part = (name) => card.querySelector(name);
  const differs = text !== usual;
  card.classList.toggle("other", differs);
  card.classList.toggle("unsure", outcome !== "read");
  part("h3").textContent = title;
  part(".size").textContent = [title === model.name ? "" : model.name, parameters && `${parameters} parameters`].filter(Boolean).join(" \u00b7 ");
  part(".text").textContent = text || "–";
  part(".text").style.setProperty("--columns", Math.max(2, ...text.split("\n").map((line) => line.length)));
  part(".share").textContent = text ? `${howSure({ outcome, confidence })}` : "no digit";
  part(".differs").hidden = !differs;
  const probs = digits[Math.min(place, digits.length - 1)]?.probs ?? [];
  [...part(".well").children].forEach((bar, digit) => {
    bar.style.setProperty("--share", probs[digit] ?? 0);
    bar.classList.toggle("best", digits.length > 0 && probs[digit] === Math.max(...probs));
  });
}

// The most frequent text; if several are equally frequent, the first of them.
function mostCommon(texts) {
  const counts = new Map();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return [...counts].reduce((best, one) => (one[1] > best[1] ? one : best))[0];
}

// The first place where the texts differ; the last place if they are equal.
function firstDifference(texts) {
  const length = Math.max(...texts.map((text) => text.length));
  for (let i = 0; i < length; i++) if (new Set(texts.map((text) => text[i])).size > 1) return i;
  return length - 1;
}

function inWords(readings, usual, titleOf) {
  const read = (text) => (text ? text.replaceAll("\n", " / ") : "no digit");
  const others = readings.filter(({ text }) => text !== usual);
  const n = readings.length;
  if (others.length === 0) {
    const least = readings.reduce((a, b) => (b.confidence < a.confidence ? b : a));
    const doubt = usual && n > 1 ? `; the least sure is ${titleOf(least.model.name)}, ${percent(least.confidence)}` : "";
    return `All ${NUMBERS[n] ?? n} read ${read(usual)}${doubt}.`;
  }
  const said = others.map(({ model, text }) => `${titleOf(model.name)} reads ${read(text)}`);
  const rest = n - others.length;
  return `They disagree: ${said.join(", ")}; the other ${rest > 1 ? `${NUMBERS[rest] ?? rest} read` : "one reads"} ${read(usual)}.`;
}
