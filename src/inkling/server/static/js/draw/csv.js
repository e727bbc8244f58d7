// Tables as CSV and as text for the clipboard.

import { saveFile } from "../common/save_file.js";
import { byId } from "./page_text.js";

const FORMULA = /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/; // a spreadsheet would run it as a formula

// RFC 4180; a file name that a spreadsheet would run as a formula becomes a path.
export function saveTable({ name, head, rows }) {
  const field = (text) => `"${(FORMULA.test(text) ? `./${text}` : text).replaceAll('"', '""')}"`;
  const csv = [head, ...rows].map((texts) => `${texts.map(field).join(",")}\r\n`).join("");
  saveFile(["\ufeff", csv], `${name}.csv`, "text/csv;charset=utf-8");
}

// `note` is the element that says whether it was copied.
export async function copyTable({ head, rows }, note) {
  const lines = [head, ...rows].map((texts) => texts.map((text) => text.replaceAll(/\s+/g, " ")).join("\t"));
  try {
    await navigator.clipboard.writeText(lines.join("\n"));
    byId("spoken").textContent = note.textContent = "Copied.";
  } catch {
    note.textContent = "This browser lets no page copy; save it as CSV.";
  }
}
