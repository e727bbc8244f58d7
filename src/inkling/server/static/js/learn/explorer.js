// A thousand digits to look through, by label; their averages, made while one watches; the nearest average as a reader.

import { loadDigits } from "../common/digits.js";
import { colour, drawn, paintTile, partsOf, percent, SIDE, slider, tileOf, walk } from "./parts.js";

const [COLUMNS, ROWS] = [10, 6];
const PAGE = COLUMNS * ROWS;

export async function begin(section) {
  const { labels, sheet, mean, about, nearest, knobs, back, on, send } = partsOf(section);
  const digits = await loadDigits();
  const tiles = Array.from(digits.labels, (_, i) => tileOf(digits, i));
  const all = [...digits.labels.keys()];
  const of = (wanted) => (wanted === "all" ? all : all.filter((i) => digits.labels[i] === wanted));
  const means = Array.from({ length: 10 }, (_, digit) => averageOf(tiles, of(digit)));
  const reader = judgeAverages(tiles, digits.labels);
  let [wanted, chosen, first] = ["all", all, 0];
  let picked = 0; // on the page

  const page = drawn(sheet, COLUMNS / ROWS, (context, width) => {
    const cell = width / COLUMNS;
    chosen.slice(first, first + PAGE).forEach((number, i) => {
      const [x, y] = [(i % COLUMNS) * cell, Math.floor(i / COLUMNS) * cell];
      paintTile(context, tiles[number], { x, y, size: cell });
      if (i !== picked) return;
      context.strokeStyle = colour("blue");
      context.lineWidth = 2.5;
      context.strokeRect(x + 1.5, y + 1.5, cell - 3, cell - 3);
    });
  });
  const n = slider({ label: "Averaged", min: 1, max: all.length, step: 1, value: all.length, say: String, change: () => blend() });
  knobs.append(n.element);
  const average = drawn(mean, 1, (context, width) => paintTile(context, averageOf(tiles, chosen.slice(0, n.value)), { size: width }));
  const blend = () => {
    average();
    tell();
  };
  const tell = () => {
    const number = chosen[first + picked];
    const label = digits.labels[number];
    const kind = wanted === "all" ? "all digits" : `the digit ${wanted}`;
    const some = n.value === chosen.length ? `${n.value}` : `the first ${n.value} of ${chosen.length}`;
    about.textContent = `The average of ${some} pictures of ${kind}. Chosen: picture ${number + 1}, a ${label}.`;
    const guess = nearestOf(means, tiles[number]);
    nearest.textContent = `Of the ten averages, the ${guess} lies nearest to it${guess === label ? "" : ", which is wrong"}. Made from the first 500, the averages read ${percent(reader)} of the other 500 right.`;
  };
  const show = () => {
    picked = Math.min(picked, Math.min(PAGE, chosen.length - first) - 1);
    back.disabled = first === 0;
    on.disabled = first + PAGE >= chosen.length;
    page();
    tell();
  };
  const filter = (next) => {
    wanted = next;
    chosen = of(wanted);
    [first, picked] = [0, 0];
    n.limit(chosen.length);
    for (const [key, button] of choices) button.setAttribute("aria-pressed", key === wanted);
    average();
    show();
  };
  const choices = ["all", ...means.keys()].map((key) => [key, choiceOf(key, key === "all" ? averageOf(tiles, all) : means[key])]);
  for (const [key, button] of choices) button.addEventListener("click", () => filter(key));
  labels.append(...choices.map(([, button]) => button));
  const turn = (by) => {
    first = Math.max(0, first + by);
    picked = 0;
    show();
  };
  walk(sheet, {
    columns: COLUMNS,
    rows: ROWS,
    at: () => [picked % COLUMNS, Math.floor(picked / COLUMNS)],
    choose: (column, row, how) => {
      if (how === "hover") return;
      picked = row * COLUMNS + column;
      show();
    },
  });
  back.addEventListener("click", () => turn(-PAGE));
  on.addEventListener("click", () => turn(PAGE));
  send.addEventListener("click", () => {
    const glass = document.querySelector('[data-piece="magnifier"]');
    glass.dispatchEvent(new CustomEvent("take", { detail: chosen[first + picked] }));
    glass.scrollIntoView({ block: "start" });
    glass.querySelector("canvas").focus({ preventScroll: true });
  });
  filter("all");
}

// A button that shows an average and is named by its digit.
function choiceOf(key, tile) {
  const [button, canvas, name] = ["button", "canvas", "span"].map((tag) => document.createElement(tag));
  button.type = "button";
  canvas.setAttribute("aria-hidden", "true");
  name.textContent = key === "all" ? "All" : key;
  button.append(canvas, name);
  drawn(canvas, 1, (context, width) => paintTile(context, tile, { size: width }));
  return button;
}

// The mean of some tiles, pixel by pixel, 0..1.
export function averageOf(tiles, numbers) {
  const sum = new Float32Array(SIDE * SIDE);
  for (const number of numbers) {
    const tile = tiles[number];
    for (let i = 0; i < sum.length; i++) sum[i] += tile[i];
  }
  return sum.map((total) => total / numbers.length);
}

// Which of the averages differs least: the smallest sum of squares.
export function nearestOf(means, tile) {
  const apart = means.map((mean) => mean.reduce((sum, ink, i) => sum + (ink - tile[i]) ** 2, 0));
  return apart.indexOf(Math.min(...apart));
}

// The share of the second half that averages of the first half read right.
function judgeAverages(tiles, labels) {
  const half = tiles.length / 2;
  const numbers = [...labels.keys()];
  const means = Array.from({ length: 10 }, (_, digit) => averageOf(tiles, numbers.filter((i) => i < half && labels[i] === digit)));
  return numbers.filter((i) => i >= half && nearestOf(means, tiles[i]) === labels[i]).length / half;
}
