// Tables as CSV and as text for the clipboard.

import { saveFile } from "../common/save_file.js";
import { byId } from "./page_text.js";

const FORMULA = /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/; // text that a spreadsheet would run as a formula

// Saves a table as CSV (RFC 4180). Text that a spreadsheet would run as a formula, such as the file name "=a.png", gets
// the prefix "./".
export function saveTable({ name, head, rows }) {
  const field = (text) => `"${(FORMULA.test(text) ? `./${text}` : text).replaceAll('"', '""')}"`;
  const csv = [head, ...rows].map((texts) => `${texts.map(field).join(",")}\r\n`).join("");
  saveFile(["\ufeff", csv], `${name}.csv`, "text/csv;charset=utf-8");
}

// Copies a table. `note`: the element that shows whether this worked.
export async function copyTable({ head, rows }, note) {
  const lines = [head, ...rows].map((texts) => texts.map((text) => text.replaceAll(/\s+/g, " ")).join("\t"));
  try {
    await navigator.clipboard.writeText(lines.join("\n"));
    byId("spoken").textContent = note.textContent = "Copied.";
  } catch {
    note.textContent = "This browser does not allow copying. Save it as CSV.";
  }
}
