// The lessons of a hand by digit, and contradictory lessons.

import { confirmFirst } from "../common/confirm_first.js";
import { byId, make } from "../common/dom.js";
import { article, named, NONE } from "../common/hands_client.js";
import { lessonPicture } from "../common/lesson_pictures.js";

const LABELS = [..."0123456789", NONE];
const SHOWN = 40; // newest lessons of a label; a click shows the rest

// `remove(ids)` deletes lessons.
export function showLessons(lessons, remove) {
  byId("lessons").hidden = lessons.length === 0;
  const misread = lessons.filter(({ label, said }) => said && said !== label).length;
  byId("lessons-words").textContent = `${lessons.length} kept as pictures of 28 × 28 pixels; ${misread || "none"} of them ${misread === 1 ? "was" : "were"} misread when drawn.`;
  const groups = LABELS.map((label) => [label, lessons.filter((lesson) => lesson.label === label)]);
  byId("lesson-list").replaceChildren(...groups.filter(([, some]) => some.length).map(([label, some]) => group(label, some, remove)));
  showContradictions(lessons, remove);
}

function group(label, lessons, remove) {
  const list = make("ul", { className: "lesson-row" }, ...lessons.slice(0, SHOWN).map((lesson) => item(lesson, remove)));
  const part = make("section", {}, make("h3", { textContent: named(label) }), list);
  if (lessons.length > SHOWN) {
    const more = make("button", { type: "button", textContent: `${lessons.length - SHOWN} more` });
    more.addEventListener("click", () => {
      list.append(...lessons.slice(SHOWN).map((lesson) => item(lesson, remove)));
      more.remove();
    });
    part.append(more);
  }
  return part;
}

function item(lesson, remove) {
  const isMisread = lesson.said && lesson.said !== lesson.label;
  const words = make("span", { className: isMisread ? "misread" : "quiet", textContent: isMisread ? (lesson.said === NONE ? "refused" : `read ${lesson.said}`) : "" });
  const gone = make("button", { type: "button", className: "delete", textContent: "×" });
  gone.setAttribute("aria-label", `Delete this ${lesson.label === NONE ? "picture" : lesson.label}, number ${lesson.id}`);
  gone.addEventListener("click", () => confirmFirst(gone, () => remove([lesson.id]), "Sure?"));
  return make("li", { title: [lesson.source, lesson.created.slice(0, 10)].filter(Boolean).join(", ") }, lessonPicture(lesson, pictured(lesson)), words, gone);
}

// The alternative text of a picture.
export function pictured({ label, said }) {
  const what = label === NONE ? "ink that is not a digit" : article(label);
  return said && said !== label ? `${what}, ${said === NONE ? "refused" : `read as ${said}`}` : what;
}

function showContradictions(lessons, remove) {
  const pairs = groupsOfContradictions(lessons);
  byId("contradictions").hidden = pairs.length === 0;
  byId("contradiction-list").replaceChildren(...pairs.map((same) => make("li", {}, ...same.map((right) => choice(right, same, remove)))));
}

function choice(right, same, remove) {
  const button = make("button", { type: "button" }, lessonPicture(right), `It is ${article(right.label)}`);
  const others = same.filter((lesson) => lesson !== right).map(({ id }) => id);
  button.addEventListener("click", () => remove(others));
  return button;
}

// Groups lessons of the same picture with different labels.
function groupsOfContradictions(lessons) {
  const byNumber = new Map(lessons.map((lesson) => [lesson.id, lesson]));
  const seen = new Set();
  const groups = [];
  for (const lesson of lessons) {
    if (!lesson.contradicts.length || seen.has(lesson.id)) continue;
    const same = [lesson, ...lesson.contradicts.map((id) => byNumber.get(id)).filter(Boolean)];
    same.forEach(({ id }) => seen.add(id));
    if (same.length > 1) groups.push(same);
  }
  return groups;
}
