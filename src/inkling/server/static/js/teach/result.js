// Step 3: what a version changed: scores before and after, pictures that are read differently, and the checks.

import { byId, make } from "../common/dom.js";
import { article, NONE, readAs, teachesHere } from "../common/hands_client.js";
import { lessonPicture } from "../common/lesson_pictures.js";
import { showConfusion } from "./confusion.js";
import { pictured } from "./lesson_list.js";
import { showMap } from "./lesson_map.js";
import { showWeights } from "./weight_change.js";

// `version` as in the API; `lessons`: the lessons stored now. `draw(digit)` asks for one more digit, "" for any.
export function showResult(name, version, lessons, { draw }) {
  byId("result").hidden = !version;
  if (!version) return;
  byId("result-version").textContent = `· version ${version.version}`;
  byId("result-reason").textContent = version.reason;
  byId("result-next").hidden = version.promoted;
  if (!version.promoted) showNext(nextStep(version), draw);
  byId("result-scores").replaceChildren(...scores(version));
  byId("result-pictures").replaceChildren(...changedPictures(version, lessons));
  showConfusion(byId("result-confusion"), version.confusion);
  if (!teachesHere) showMap(byId("map-details"), name, version);
  showWeights(byId("weights-details"), name, version);
  byId("result-guards").replaceChildren(guardTable(version.guards));
  byId("result-guards").closest("details").hidden = version.guards.length === 0;
}

// What helps if a version is not used: {digit, words}; `digit` is the one to draw, "" for any.
function nextStep({ confusion }) {
  const wrong = (pairs) => pairs.filter(([label, read]) => label !== read && label !== NONE).sort((a, b) => b[2] - a[2])[0] ?? [];
  const [still] = wrong(confusion.after);
  if (still) return { digit: still, words: `It still misreads your ${still}s. Draw a few more, each a little differently, and teach again.` };
  const [label, read] = wrong(confusion.before);
  if (label && read !== NONE) return { digit: read, words: `Your ${label}s look like ${read}s to it. Draw some of your ${read}s too, so that it learns to tell them apart, and teach again.` };
  if (label) return { digit: label, words: `Draw more of your ${label}s, each a little differently, and teach again.` };
  return { digit: "", words: "Draw a digit that the live reading gets wrong, keep it, and teach again." };
}

function showNext({ digit, words }, draw) {
  const [text, button] = byId("result-next").children;
  text.textContent = words;
  button.textContent = digit ? `Draw ${article(digit)}` : "Draw a digit";
  button.onclick = () => draw(digit);
}

function scores({ before, after, held_back: heldBack }) {
  if (!before || !after) return [];
  const [low, high] = after.interval.map((share) => `${Math.round(100 * share)} %`);
  const words = heldBack
    ? `Each half was read by a layer that had learned only the other half. Of many more of your digits, ${low} to ${high} would be read correctly (95 % interval).`
    : `It has learned these digits, so this does not show how it reads new ones. With 20 digits, 8 of them misread, half are held back to test that.`;
  return [bar("Before", before), bar("After", after), make("p", { className: "quiet", textContent: words })];
}

function bar(name, { right, of, interval }) {
  const [low, high] = interval;
  const well = make("div", { className: "well" }, make("div", { className: "share" }), make("div", { className: "interval" }));
  well.style.setProperty("--share", of ? right / of : 0);
  well.style.setProperty("--low", low);
  well.style.setProperty("--high", high);
  return make("div", { className: "score" }, make("span", { textContent: name }), well, make("strong", { textContent: `${right} of ${of} right` }));
}

function changedPictures({ changed }, lessons) {
  const byNumber = new Map(lessons.map((lesson) => [lesson.id, lesson]));
  const known = changed.filter(({ lesson }) => byNumber.has(lesson));
  const of = (test) => known.filter((change) => test(change, change.label ?? byNumber.get(change.lesson).label));
  const groups = [
    ["Now right", "better", of(({ after }, label) => after === label)],
    ["Now wrong", "worse", of(({ before }, label) => before === label)],
    ["Still wrong, but read differently", "other", of(({ before, after }, label) => before !== label && after !== label)],
  ].filter(([, kind, some]) => some.length || kind !== "other");
  const gone = changed.length - known.length;
  const note = gone ? [make("p", { className: "quiet", textContent: `${gone} more have been deleted since.` })] : [];
  return [make("div", { className: "both-ways" }, ...groups.map(([title, kind, some]) => group(title, kind, some, byNumber))), ...note];
}

function group(title, kind, changes, byNumber) {
  const items = changes.map(({ lesson, before, after }) => {
    const words = make("span", {}, make("s", { textContent: readAs(before) }), " → ", make("b", { textContent: readAs(after) }));
    return make("li", {}, lessonPicture(byNumber.get(lesson), pictured(byNumber.get(lesson))), words);
  });
  const list = items.length ? make("ul", {}, ...items) : make("p", { className: "quiet", textContent: "None." });
  return make("section", { className: kind }, make("h3", { textContent: `${title}: ${changes.length}` }), list);
}

function guardTable(guards) {
  const head = make("tr", {}, ...["Error", "Before", "After", "At most", "Limit"].map((textContent) => make("th", { scope: "col", textContent })));
  const share = (value) => `${(100 * value).toFixed(2)} %`;
  const rows = guards.map(({ about, before, after, limit, ok }) =>
    make(
      "tr",
      {},
      make("th", { scope: "row", textContent: about.charAt(0).toUpperCase() + about.slice(1) }),
      ...[share(before), share(after), share(limit), ok ? "passed" : "failed"].map((textContent) => make("td", { textContent })),
    ),
  );
  return make("table", {}, make("thead", {}, head), make("tbody", {}, ...rows));
}
