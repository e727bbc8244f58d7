// START HERE. Starts the parts of a Learn page: ./NAME.js runs <section data-piece="NAME">.

import { explainTerms } from "../common/glossary.js";
import { startContents } from "./contents.js";
import { startGuesses } from "./guess.js";
import { startQuiz } from "./quiz.js";
import { startTeacher } from "./teacher.js";

async function start(section) {
  try {
    const piece = await import(`./${section.dataset.piece}.js`);
    await piece.begin(section);
    section.dataset.live = "true";
  } catch (error) {
    const trouble = section.querySelector(".trouble");
    trouble.textContent = "This part could not be loaded. Reload the page to try again.";
    trouble.hidden = false;
    console.warn(error);
  }
}

const main = document.querySelector("main");
explainTerms();
if (main.dataset.chapter) {
  startGuesses(main.dataset.chapter);
  startQuiz(main.dataset.chapter);
}
if ("contents" in main.dataset) startContents(main);
if ("teacher" in main.dataset) startTeacher(main);
await Promise.all([...document.querySelectorAll("[data-piece]")].map(start));
document.documentElement.dataset.ready = "true";
