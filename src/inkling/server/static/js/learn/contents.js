// The list of chapters, with the progress on this device.

import { partsOf } from "./widgets.js";
import { keepOwnDigit } from "./own_strokes.js";
import { forget, progress } from "./progress.js";

export function startContents(main) {
  const links = [...main.querySelectorAll("[data-chapter]")];
  const line = main.querySelector(".progress");
  const { said, forget: button } = partsOf(line);
  const show = () => {
    const all = progress();
    const states = links.map((link) => stateOf(all[link.dataset.chapter]));
    links.forEach((link, i) => {
      link.dataset.state = states[i];
      link.querySelector(".done").textContent = { done: " · done", begun: " · begun", new: "" }[states[i]];
    });
    const n = states.filter((state) => state === "done").length;
    line.hidden = states.every((state) => state === "new");
    said.textContent = `You have finished ${n} of ${links.length} chapters. This is stored only on this device.`;
  };
  button.addEventListener("click", () => {
    forget();
    keepOwnDigit([]);
    show();
    links[0].focus();
  });
  addEventListener("pageshow", show); // also when the reader returns from a chapter
  show();
}

function stateOf(chapter) {
  if (!chapter) return "new";
  return chapter.right ? "done" : "begun";
}
