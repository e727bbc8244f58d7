// A map of a hand's lessons: the ten digits are on a circle, and the more probable a digit is, the nearer a lesson is
// to it. The lessons move from the positions given by the original network to those given by the version.

import { byId, make } from "../common/dom.js";
import { sentenceOf, versionMap } from "../common/hands_client.js";

const SIDE = 320;
const RADIUS = 132;
const PAUSE_MS = 700; // before they move
const host = byId("result-map");
let wanted = null; // {name, version} of the hand
let isShown = false;

// Requests the map when `details` is open.
export function showMap(details, name, version) {
  wanted = { name, version: version.version };
  isShown = false;
  host.replaceChildren();
  details.ontoggle = () => details.open && load();
  if (details.open) load();
}

async function load() {
  if (isShown) return;
  const asked = wanted;
  try {
    const { lessons } = await versionMap(asked.name, asked.version);
    if (asked !== wanted || isShown) return;
    isShown = true;
    host.replaceChildren(...content(lessons));
  } catch (error) {
    host.textContent = sentenceOf(error);
  }
}

function content(lessons) {
  if (lessons.length === 0) return [make("p", { className: "quiet", textContent: "Its digits have been deleted since." })];
  const picture = svg("svg", { viewBox: `0 0 ${SIDE} ${SIDE}`, role: "img" });
  for (let digit = 0; digit < 10; digit++) picture.append(placed(svg("text", { class: "place" }, digit), placeOf(digit)));
  const marks = lessons.map(({ label }) => svg("text", { class: "mark" }, label.length > 1 ? "–" : label));
  picture.append(...marks);
  const words = make("p", { className: "quiet" });
  const buttons = ["before", "after"].map((when) => {
    const button = make("button", { type: "button", textContent: when === "before" ? "Before" : "After" });
    button.addEventListener("click", () => show(when));
    return button;
  });
  const show = (when) => {
    const right = lessons.filter((lesson) => lesson[when].read === lesson.label).length;
    marks.forEach((mark, i) => {
      placed(mark, between(lessons[i][when].probs));
      mark.classList.toggle("wrong", lessons[i][when].read !== lessons[i].label);
    });
    buttons.forEach((button, i) => button.setAttribute("aria-pressed", String((i === 1) === (when === "after"))));
    words.textContent = `${when === "before" ? "By the original network" : "By this version"}: ${right} of ${lessons.length} are read correctly. The nearer a picture is to a digit on the circle, the more probable that digit is; in the middle it is probably not a digit.`;
    picture.setAttribute("aria-label", words.textContent);
  };
  show("before");
  setTimeout(() => picture.isConnected && buttons[0].getAttribute("aria-pressed") === "true" && show("after"), PAUSE_MS);
  return [make("p", { className: "row" }, ...buttons), picture, words];
}

function placeOf(digit) {
  const angle = (2 * Math.PI * digit) / 10 - Math.PI / 2; // 0 is on top, then clockwise
  return [SIDE / 2 + RADIUS * Math.cos(angle), SIDE / 2 + RADIUS * Math.sin(angle)];
}

// The mean of the ten places, weighted by the probabilities and moved a tenth toward the middle, where non-digits are.
function between(probabilities) {
  const sums = [SIDE / 2, SIDE / 2];
  for (let digit = 0; digit < 10; digit++) placeOf(digit).forEach((value, axis) => (sums[axis] += 0.9 * probabilities[digit] * (value - SIDE / 2)));
  return sums;
}

function placed(element, [x, y]) {
  element.style.transform = `translate(${x.toFixed(1)}px, ${y.toFixed(1)}px)`;
  return element;
}

function svg(tag, attributes, text = "") {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.textContent = text;
  return element;
}
