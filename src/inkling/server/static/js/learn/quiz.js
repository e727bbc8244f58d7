// The question at the end of a chapter. Each answer opens its reason; choosing the right answer is stored.

import { rememberRight } from "./progress.js";

export function startQuiz(slug, root = document) {
  for (const quiz of root.querySelectorAll("[data-quiz]")) {
    for (const answer of quiz.querySelectorAll(".answer")) {
      answer.addEventListener("toggle", () => {
        if (!answer.open || answer.dataset.right !== "true") return;
        rememberRight(slug);
        quiz.dataset.done = "true";
      });
    }
  }
}
