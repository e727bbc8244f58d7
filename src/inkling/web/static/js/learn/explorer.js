// A thousand digits to look through, by label, and their average.

import { loadDigits } from "../common/digits.js";
import { buttons, colour, drawn, paintTile, partsOf, SIDE, tileOf, walk } from "./parts.js";

const [COLUMNS, ROWS] = [10, 6];
const PAGE = COLUMNS * ROWS;

export async function begin(section) {
  const { labels, sheet, mean, about, back, on } = partsOf(section);
  const digits = await loadDigits();
  const all = [...digits.labels.keys()];
  let [wanted, chosen, first] = ["all", all, 0];
  let picked = 0; // on the page

  const page = drawn(sheet, COLUMNS / ROWS, (context, width) => {
    const cell = width / COLUMNS;
    chosen.slice(first, first + PAGE).forEach((number, i) => {
      const [x, y] = [(i % COLUMNS) * cell, Math.floor(i / COLUMNS) * cell];
      paintTile(context, tileOf(digits, number), { x, y, size: cell });
      if (i !== picked) return;
      context.strokeStyle = colour("blue");
      context.lineWidth = 2;
      context.strokeRect(x + 1, y + 1, cell - 2, cell - 2);
    });
  });
  const average = drawn(mean, 1, (context, width) => paintTile(context, averageOf(digits, chosen), { size: width }));

  const show = () => {
    picked = Math.min(picked, Math.min(PAGE, chosen.length - first) - 1);
    const label = digits.labels[chosen[first + picked]];
    const of = wanted === "all" ? "all digits" : `the digit ${wanted}`;
    about.textContent = `The average of ${chosen.length} pictures of ${of}. Chosen: picture ${chosen[first + picked] + 1}, a ${label}.`;
    back.disabled = first === 0;
    on.disabled = first + PAGE >= chosen.length;
    page();
    average();
  };
  const turn = (by) => {
    first = Math.max(0, first + by);
    picked = 0;
    show();
  };
  const names = { all: "All", ...Object.fromEntries(Array.from({ length: 10 }, (_, d) => [`_${d}`, String(d)])) };
  const choices = buttons(labels, names, (key) => {
    wanted = key.replace("_", "");
    chosen = wanted === "all" ? all : all.filter((i) => digits.labels[i] === Number(wanted));
    first = 0;
    show();
  });
  choices.press("all");
  walk(sheet, {
    columns: COLUMNS,
    rows: ROWS,
    at: () => [picked % COLUMNS, Math.floor(picked / COLUMNS)],
    choose: (column, row) => {
      picked = row * COLUMNS + column;
      show();
    },
  });
  back.addEventListener("click", () => turn(-PAGE));
  on.addEventListener("click", () => turn(PAGE));
  show();
}

// The mean of some digits, pixel by pixel, 0..1.
export function averageOf(digits, numbers) {
  const sum = new Float32Array(SIDE * SIDE);
  for (const number of numbers) tileOf(digits, number).forEach((ink, i) => (sum[i] += ink));
  return sum.map((total) => total / numbers.length);
}
