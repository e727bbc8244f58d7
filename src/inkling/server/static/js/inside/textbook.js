// The textbook: a page about each part of the screen, with the current digit and numbers. T or ? opens the page about
// the part that has the focus or is under the pointer; Escape returns to that part.

import { byId, write } from "../common/dom.js";
import { drawInk } from "../common/pixel_maps.js";
import { factsAbout } from "./textbook_facts.js";

const panel = byId("textbook");
const pages = new Map([...panel.querySelectorAll("[data-page]")].map((page) => [page.dataset.page, page]));

// `facts()`: {source, dense, layers}, the sources of the numbers on a page.
export function openTextbook({ facts }) {
  const book = new Textbook(facts);
  let under = null; // the element under the pointer
  document.addEventListener("pointerover", (event) => (under = event.target));
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-open]");
    if (button) book.open(button.dataset.open, button);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !panel.hidden) book.close();
    if (!["t", "T", "?"].includes(event.key) || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    event.preventDefault();
    if (panel.contains(document.activeElement)) book.close();
    else book.open(topicAt(document.activeElement) ?? topicAt(under) ?? firstTopic());
  });
  byId("textbook-close").addEventListener("click", () => book.close());
  byId("textbook-before").addEventListener("click", () => book.turn(-1));
  byId("textbook-after").addEventListener("click", () => book.turn(1));
}

class Textbook {
  #from = null; // the element that had the focus
  #place = 0; // the scroll position before the textbook opened, in CSS pixels
  #topic = null;

  constructor(facts) {
    this.facts = facts;
  }

  open(topic, from = document.activeElement) {
    if (panel.hidden) this.#place = scrollY;
    if (!panel.contains(from)) this.#from = from;
    this.#topic = topic;
    panel.hidden = false;
    document.documentElement.dataset.reading = topic;
    for (const [name, page] of pages) page.hidden = name !== topic;
    this.#fill();
    this.#mark();
    panel.scrollTop = 0;
    pages.get(topic).querySelector("h2").focus({ preventScroll: true });
  }

  close() {
    panel.hidden = true;
    delete document.documentElement.dataset.reading;
    this.#unmark();
    if (this.#from?.isConnected) this.#from.focus({ preventScroll: true });
    scrollTo({ top: this.#place, behavior: "instant" });
  }

  // Opens the previous or next page among the pages about visible parts.
  turn(by) {
    const shown = shownTopics();
    const at = shown.indexOf(this.#topic);
    this.open(shown[(at + by + shown.length) % shown.length]);
  }

  #fill() {
    const { source } = this.facts();
    panel.querySelector(".textbook-digit").hidden = !source.tile;
    if (source.tile) drawInk(byId("textbook-tile"), source.tile);
    const facts = factsAbout(this.#topic, this.facts());
    for (const slot of pages.get(this.#topic).querySelectorAll("[data-fact]")) {
      write(slot, facts?.[slot.dataset.fact] ?? "");
      slot.closest("p").hidden = !facts; // its numbers belong to a hidden part
    }
  }

  #mark() {
    this.#unmark();
    const part = partOf(this.#topic);
    part?.setAttribute("data-explained", "");
    const isSmall = !matchMedia("(min-width: 75em)").matches;
    part?.scrollIntoView({ block: isSmall ? "start" : "nearest" });
  }

  #unmark() {
    document.querySelector("[data-explained]")?.removeAttribute("data-explained");
  }
}

function isTyping(element) {
  return element.matches("textarea, select, [contenteditable], input:not([type=range], [type=checkbox])");
}

// The topic of an element's part. A neuron, a map or a score (`data-opens`) is selected first, so that the page is about
// it.
function topicAt(element) {
  const part = element?.closest("[data-opens], [data-topic]");
  if (part?.dataset.opens) element.closest("button")?.click();
  return part?.dataset.opens ?? part?.dataset.topic;
}

const partOf = (topic) => [...document.querySelectorAll(`[data-topic="${topic}"]`)].find(isShown);
const isShown = (element) => element.getClientRects().length > 0;
const shownTopics = () => [...pages.keys()].filter(partOf);
const firstTopic = () => shownTopics().find((topic) => topic !== "drawing") ?? "drawing";
