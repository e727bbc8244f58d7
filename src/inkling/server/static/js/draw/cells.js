// The cells of combs, grids and tables in a picture, as editable tables.

import { ask } from "../common/api_client.js";
import { saveFile } from "../common/save_file.js";
import { Panel } from "./panel.js";
import { byId, sentence } from "./page_text.js";

const [holder, status, tools] = [byId("cells-tables"), byId("cells-status"), byId("cells-tools")];
const FORMULA = /^[=@\t\r\n\uff1d\uff20]/; // text that a spreadsheet would run as a formula; + and - may begin a number
const SHOWN = { crossed_out: "crossed out", not_digit: "not a digit", empty: "" };

// Reads the cells when the panel is open. `model` and `hand` return the names of the network and of the hand.
export function watchCells({ model, hand }) {
  const run = async (source) => ask("read", await source.blob(), { cells: "1", model: model(), hand: hand() });
  return new Panel(byId("cells"), { run, show, status });
}

function show({ tables, tables_reason: reason }) {
  tools.hidden = tables.length === 0;
  holder.replaceChildren(...tables.map((table, i) => tableOf(table, tables.length > 1 ? `Table ${i + 1}` : "The table")));
  status.textContent = reason ? sentence(reason) : told(tables.flatMap((table) => table.cells));
}

function told(cells) {
  const numbers = cells.filter(({ outcome }) => outcome === "read" || outcome === "unsure").length;
  const unsure = cells.filter(({ outcome }) => outcome === "unsure").length;
  const doubt = unsure ? `; ${unsure} unclear, underlined: check ${unsure === 1 ? "it" : "them"} by eye` : "";
  return `${cells.length} cells, ${numbers} with a number${doubt}. Correct a cell by typing in it.`;
}

function tableOf({ rows, cells }, name) {
  const [table, caption] = [document.createElement("table"), document.createElement("caption")];
  caption.className = "unseen";
  caption.textContent = name;
  const lines = Array.from({ length: rows }, () => document.createElement("tr"));
  cells.forEach((cell) => lines[cell.row - 1].append(cellOf(cell)));
  table.append(caption, ...lines);
  return table;
}

function cellOf({ row, column, row_span: rowSpan, column_span: colSpan, outcome, written }) {
  const [place, input] = [document.createElement("td"), document.createElement("input")];
  Object.assign(place, { rowSpan, colSpan });
  Object.assign(place.dataset, { outcome, row, column });
  Object.assign(input, { value: written, placeholder: SHOWN[outcome] ?? "", size: Math.max(2, written.length + 1) });
  input.autocomplete = "off";
  input.inputMode = "decimal";
  input.setAttribute("aria-label", `Row ${row}, column ${column}${outcome === "unsure" ? ", unclear" : ""}`);
  input.addEventListener("input", () => {
    place.dataset.outcome = "corrected";
    input.size = Math.max(2, input.value.length + 1);
  });
  input.addEventListener("keydown", (event) => event.key === "Enter" && next(input)?.select());
  place.append(input);
  return place;
}

function next(input) {
  const all = [...holder.querySelectorAll("input")];
  return all[all.indexOf(input) + 1];
}

// One line per row, and an empty line between tables. A merged cell's number is in the first cell that it covers.
function csv() {
  const field = (text) => `"${text.replace(FORMULA, "'$&").replaceAll('"', '""')}"`;
  const tables = [...holder.querySelectorAll("table")].map((table) => {
    const width = Math.max(...[...table.querySelectorAll("td")].map((td) => Number(td.dataset.column) + td.colSpan - 1));
    return [...table.querySelectorAll("tr")].map((line) => {
      const texts = Array(width).fill("");
      line.querySelectorAll("td").forEach((td) => (texts[td.dataset.column - 1] = td.firstChild.value));
      return `${texts.map(field).join(",")}\r\n`;
    });
  });
  return tables.map((lines) => lines.join("")).join("\r\n");
}

byId("copy-cells").addEventListener("click", async () => {
  try {
    await navigator.clipboard.writeText(csv());
    byId("copied-cells").textContent = "Copied.";
  } catch {
    byId("copied-cells").textContent = "This browser does not allow copying. Save it instead.";
  }
});

byId("save-cells").addEventListener("click", () => {
  saveFile(["\ufeff", csv()], "inkling-cells.csv", "text/csv;charset=utf-8");
});
