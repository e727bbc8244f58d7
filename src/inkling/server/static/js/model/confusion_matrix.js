// The confusion matrix: a click on a cell shows its digits, arrow keys move between cells, and another model can be
// compared. Without this script, the cells' links show the same digits.

import { report } from "./report_client.js";

const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
const NARROW = matchMedia("(max-width: 56em)");

const table = document.getElementById("matrix");
const cells = document.getElementById("cells");
const links = new Map([...table.querySelectorAll("a[data-cell]")].map((link) => [link.dataset.cell, link]));

export function startMatrix(name) {
  cells.classList.add("driven"); // this script now controls which group is open
  show(location.hash.startsWith("#cell-") ? location.hash.slice(6) : "worst");
  document.getElementById("wrong").addEventListener("click", (event) => {
    const link = event.target.closest("a[data-cell]");
    if (!link) return;
    event.preventDefault();
    open(link.dataset.cell);
  });
  addEventListener("hashchange", () => {
    if (location.hash.startsWith("#cell-")) show(location.hash.slice(6));
  });
  table.addEventListener("keydown", walk);
  makeOneStop([...links.values()][0]);
  watchComparison(document.getElementById("against"), name);
}

// Shows the digits of a cell and puts that cell into the address.
function open(key) {
  history.replaceState(null, "", `#cell-${key}`);
  const section = show(key);
  document.getElementById("opened").textContent = section.querySelector("h3").textContent;
  if (NARROW.matches) section.scrollIntoView({ block: "nearest" });
}

function show(key) {
  const section = document.getElementById(`cell-${key}`) ?? document.getElementById("cell-worst");
  for (const one of cells.children) one.toggleAttribute("data-open", one === section);
  table.querySelector("[aria-current]")?.removeAttribute("aria-current");
  const link = links.get(key);
  if (link) {
    link.setAttribute("aria-current", "true");
    makeOneStop(link);
  }
  return section;
}

// Roving tab stop: Tab reaches the table once; arrow keys move inside.
function makeOneStop(link) {
  for (const one of links.values()) one.tabIndex = one === link ? 0 : -1;
}

function walk(event) {
  const step = STEPS[event.key];
  const from = event.target.closest("a[data-cell]");
  if (!step || !from || event.altKey || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  const next = neighbour(from.dataset.cell, step);
  if (!next) return;
  makeOneStop(next);
  next.focus();
}

// The nearest cell with mistakes in that direction, preferably in the same row or column.
function neighbour(key, [down, right]) {
  const [row, column] = key.split("-").map(Number);
  let best = null;
  let least = Infinity;
  for (const [other, link] of links) {
    const [r, c] = other.split("-").map(Number);
    const ahead = (r - row) * down + (c - column) * right;
    const aside = Math.abs((r - row) * right) + Math.abs((c - column) * down);
    if (ahead <= 0) continue;
    const far = aside ? 20 + ahead * 3 + aside : ahead;
    if (far < least) [best, least] = [link, far];
  }
  return best;
}

// Compares with another model: the difference in mistakes for each cell.
function watchComparison(select, name) {
  if (!select) return;
  const status = document.getElementById("difference");
  const own = new Map([...table.querySelectorAll("td[data-cell]")].map((cell) => [cell.dataset.cell, count(cell)]));
  select.closest("p").hidden = false;
  select.addEventListener("change", async () => {
    const other = select.value;
    if (!other) return restore();
    try {
      const { confusion } = await report(other);
      if (select.value === other) mark(confusion, other);
    } catch {
      status.hidden = false;
      status.textContent = `The numbers of ${other} could not be loaded. Choose it again later.`;
      select.value = "";
    }
  });

  function mark(confusion, other) {
    let [fewer, more] = [0, 0];
    for (const [key, n] of own) {
      const [row, column] = key.split("-").map(Number);
      const cell = table.querySelector(`td[data-cell="${key}"]`);
      const difference = n - confusion[row][column];
      if (row !== column) [fewer, more] = [fewer + Math.max(-difference, 0), more + Math.max(difference, 0)];
      const wrong = row === column ? -difference : difference;
      const size = wrong === 0 ? 0 : Math.abs(wrong) < 3 ? 1 : Math.abs(wrong) < 7 ? 2 : 3;
      cell.dataset.change = wrong === 0 ? "none" : `${wrong < 0 ? "better" : "worse"}-${size}`;
      const text = difference === 0 ? "" : difference > 0 ? `+${difference}` : `\u2212${-difference}`;
      place(cell).textContent = text || "0";
      place(cell).classList.toggle("unseen", !text);
    }
    table.classList.add("compared");
    status.hidden = false;
    status.textContent =
      `${name} compared with ${other}: ${fewer} fewer mistakes in the blue cells, ${more} more in the ochre cells. ` +
      `The cells still open the mistakes of ${name}.`;
  }

  function restore() {
    table.classList.remove("compared");
    status.hidden = true;
    for (const [key, n] of own) {
      const cell = table.querySelector(`td[data-cell="${key}"]`);
      delete cell.dataset.change;
      place(cell).textContent = n.toLocaleString("en");
      place(cell).classList.toggle("unseen", n === 0);
    }
  }
}

const place = (cell) => cell.querySelector(".n");
const count = (cell) => Number(place(cell).textContent.replaceAll(",", "")) || 0;
