// Confusion matrices of a hand's lessons, before and after teaching: rows are labels, columns are readings.

import { make } from "../common/dom.js";
import { named, NONE } from "../common/hands_client.js";

const DIGITS = [..."0123456789"];

// `confusion`: {before, after}, each a list of [label, read, n].
export function showConfusion(host, confusion) {
  host.closest("details").hidden = !confusion;
  if (!confusion) return;
  const usesNone = [...confusion.before, ...confusion.after].some(([label, read]) => label === NONE || read === NONE);
  const labels = usesNone ? [...DIGITS, NONE] : DIGITS;
  host.replaceChildren(...[["Before", confusion.before], ["After", confusion.after]].map(([name, entries]) => table(name, entries, labels))); // prettier-ignore
}

function table(name, entries, labels) {
  const counts = new Map(entries.map(([label, read, n]) => [`${label} ${read}`, n]));
  const heading = (label, scope) => make("th", { scope, textContent: label === NONE ? "–" : label, title: named(label) });
  const head = make("tr", {}, make("td"), ...labels.map((label) => heading(label, "col")));
  const rows = labels.map((label) => {
    const total = labels.reduce((sum, read) => sum + (counts.get(`${label} ${read}`) ?? 0), 0);
    const cells = labels.map((read) => {
      const n = counts.get(`${label} ${read}`) ?? 0;
      const cell = make("td", { className: label === read ? "right" : "mistaken", textContent: n || "" });
      if (n) cell.style.setProperty("--share", n / total);
      return cell;
    });
    return make("tr", {}, heading(label, "row"), ...cells);
  });
  const caption = make("caption", { textContent: `${name}. Rows: the label. Columns: what is read.` });
  return make("table", {}, caption, make("thead", {}, head), make("tbody", {}, ...rows));
}
