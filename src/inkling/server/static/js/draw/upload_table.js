// The table of several pictures: one row per picture, which has two lines on a phone. Tab moves the focus to one row,
// and the arrow keys move it to the others.

import { byId } from "./page_text.js";

const [section, body, progress] = [byId("uploads"), byId("uploads-body"), byId("uploads-progress")];

export class UploadTable {
  #rows = []; // {line, button, cells}

  // `open(i)` shows the picture of a row.
  constructor({ open }) {
    body.addEventListener("click", (event) => {
      const i = this.#rows.findIndex(({ line }) => line.contains(event.target));
      if (i >= 0) open(i);
    });
    body.addEventListener("keydown", (event) => this.#key(event));
  }

  // Rows: {name, texts: [read as, how sure, notes], state, thumbnail: a canvas, an address or null}.
  fill(entries) {
    section.hidden = entries.length === 0;
    const focused = this.#rows.findIndex(({ button }) => button === document.activeElement);
    this.#rows = entries.map(() => makeRow());
    entries.forEach((entry, i) => this.update(i, entry));
    body.replaceChildren(...this.#rows.map(({ line }) => line));
    this.#rows.forEach(({ button }, i) => (button.tabIndex = i === 0 ? 0 : -1));
    if (focused >= 0) this.#rows[Math.min(focused, this.#rows.length - 1)]?.button.focus();
  }

  update(i, { name, texts, state, thumbnail }) {
    const { line, button, cells, picture, words } = this.#rows[i];
    line.dataset.state = state;
    words.textContent = name;
    button.title = name;
    cells.forEach((cell, n) => (cell.textContent = texts[n]));
    if (state === "waiting") cells[1].textContent = "waiting";
    if (thumbnail && !picture.firstChild) picture.append(typeof thumbnail === "string" ? Object.assign(new Image(), { src: thumbnail, alt: "" }) : thumbnail);
  }

  // Marks the row whose picture is on the paper; -1 for none.
  mark(open) {
    this.#rows.forEach(({ line, button }, i) => {
      line.classList.toggle("open", i === open);
      if (i === open) button.setAttribute("aria-current", "true");
      else button.removeAttribute("aria-current");
    });
  }

  say(words) {
    if (progress.textContent !== words) progress.textContent = words;
  }

  focus(i) {
    this.#take(i);
    this.#rows[i]?.line.scrollIntoView({ block: "center" });
  }

  clear() {
    this.#rows = [];
    body.replaceChildren();
    section.hidden = true;
    byId("uploads-note").textContent = "";
  }

  #key(event) {
    const i = this.#rows.findIndex(({ button }) => button === event.target);
    const to = { ArrowDown: i + 1, ArrowUp: i - 1, Home: 0, End: this.#rows.length - 1 }[event.key];
    if (to === undefined || !this.#rows[to]) return;
    event.preventDefault();
    this.#take(to);
  }

  #take(i) {
    this.#rows.forEach(({ button }, n) => (button.tabIndex = n === i ? 0 : -1));
    this.#rows[i]?.button.focus({ preventScroll: false });
  }
}

// The roles are explicit, because a phone shows the rows as blocks.
function makeRow() {
  const line = make("tr", { role: "row" });
  const head = make("th", { role: "rowheader", scope: "row" });
  const button = make("button", { type: "button" });
  const [picture, words] = [make("span", { class: "thumbnail", "aria-hidden": "true" }), make("span", { class: "file" })];
  button.append(picture, words);
  head.append(button);
  const cells = ["read-as", "sureness", "to-know"].map((name) => make("td", { role: "cell", class: name }));
  line.append(head, ...cells);
  return { line, button, picture, words, cells };
}

function make(tag, attributes) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}
