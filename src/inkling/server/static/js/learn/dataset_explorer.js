// The 1,000 test digits by label, their averages, and nearest-mean classification.

import { loadDigits } from "../common/test_digits.js";
import { colour, paintTile, partsOf, percent, responsiveCanvas, SIDE, slider, tileOf, watchCells } from "./widgets.js";

const [COLUMNS, ROWS] = [10, 6];
const PAGE = COLUMNS * ROWS;

export async function begin(section) {
  const { labels, sheet, mean, about, nearest, controls, back, on, send } = partsOf(section);
  const digits = await loadDigits();
  const tiles = Array.from(digits.labels, (_, i) => tileOf(digits, i));
  const all = [...digits.labels.keys()];
  const of = (wanted) => (wanted === "all" ? all : all.filter((i) => digits.labels[i] === wanted));
  const means = Array.from({ length: 10 }, (_, digit) => averageOf(tiles, of(digit)));
  const accuracy = evaluateAverages(tiles, digits.labels);
  let [wanted, chosen, first] = ["all", all, 0];
  let picked = 0; // the chosen digit on the page

  const page = responsiveCanvas(sheet, COLUMNS / ROWS, (context, width) => {
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
  const n = slider({ label: "Averaged", min: 1, max: all.length, step: 1, value: all.length, format: String, change: () => updateMean() });
  controls.append(n.element);
  const drawMean = responsiveCanvas(mean, 1, (context, width) => paintTile(context, averageOf(tiles, chosen.slice(0, n.value)), { size: width }));
  const updateMean = () => {
    drawMean();
    describe();
  };
  const describe = () => {
    const number = chosen[first + picked];
    const label = digits.labels[number];
    const kind = wanted === "all" ? "all digits" : `the digit ${wanted}`;
    const some = n.value === chosen.length ? `${n.value}` : `the first ${n.value} of ${chosen.length}`;
    about.textContent = `The average of ${some} pictures of ${kind}. Chosen: picture ${number + 1}, a ${label}.`;
    const guess = nearestMean(means, tiles[number]);
    nearest.textContent = `Of the ten averages, the ${guess} is nearest to it${guess === label ? "" : ", which is wrong"}. Averages of the first 500 read ${percent(accuracy)} of the other 500 correctly.`;
  };
  const show = () => {
    picked = Math.min(picked, Math.min(PAGE, chosen.length - first) - 1);
    back.disabled = first === 0;
    on.disabled = first + PAGE >= chosen.length;
    page();
    describe();
  };
  const filter = (next) => {
    wanted = next;
    chosen = of(wanted);
    [first, picked] = [0, 0];
    n.limit(chosen.length);
    for (const [key, button] of choices) button.setAttribute("aria-pressed", key === wanted);
    drawMean();
    show();
  };
  const choices = ["all", ...means.keys()].map((key) => [key, choiceOf(key, key === "all" ? averageOf(tiles, all) : means[key])]);
  for (const [key, button] of choices) button.addEventListener("click", () => filter(key));
  labels.append(...choices.map(([, button]) => button));
  const turnPage = (by) => {
    first = Math.max(0, first + by);
    picked = 0;
    show();
  };
  watchCells(sheet, {
    columns: COLUMNS,
    rows: ROWS,
    at: () => [picked % COLUMNS, Math.floor(picked / COLUMNS)],
    choose: (column, row, how) => {
      if (how === "hover") return;
      picked = row * COLUMNS + column;
      show();
    },
  });
  back.addEventListener("click", () => turnPage(-PAGE));
  on.addEventListener("click", () => turnPage(PAGE));
  send.addEventListener("click", () => {
    const inspector = document.querySelector('[data-piece="pixel_inspector"]');
    inspector.dispatchEvent(new CustomEvent("take", { detail: chosen[first + picked] }));
    inspector.scrollIntoView({ block: "start" });
    inspector.querySelector("canvas").focus({ preventScroll: true });
  });
  filter("all");
}

// A button that shows an average, labeled with its digit.
function choiceOf(key, tile) {
  const [button, canvas, name] = ["button", "canvas", "span"].map((tag) => document.createElement(tag));
  button.type = "button";
  canvas.setAttribute("aria-hidden", "true");
  name.textContent = key === "all" ? "All" : key;
  button.append(canvas, name);
  responsiveCanvas(canvas, 1, (context, width) => paintTile(context, tile, { size: width }));
  return button;
}

// The mean of some tiles, pixel by pixel, 0..1.
function averageOf(tiles, numbers) {
  const sum = new Float32Array(SIDE * SIDE);
  for (const number of numbers) {
    const tile = tiles[number];
    for (let i = 0; i < sum.length; i++) sum[i] += tile[i];
  }
  return sum.map((total) => total / numbers.length);
}

// The index of the mean with the smallest squared distance.
function nearestMean(means, tile) {
  const distances = means.map((mean) => {
    let sum = 0;
    for (let i = 0; i < mean.length; i++) sum += (mean[i] - tile[i]) ** 2; // `reduce` takes ten times as long
    return sum;
  });
  return distances.indexOf(Math.min(...distances));
}

// The accuracy, on the second half, of the means computed from the first half.
function evaluateAverages(tiles, labels) {
  const half = tiles.length / 2;
  const numbers = [...labels.keys()];
  const means = Array.from({ length: 10 }, (_, digit) => averageOf(tiles, numbers.filter((i) => i < half && labels[i] === digit)));
  return numbers.filter((i) => i >= half && nearestMean(means, tiles[i]) === labels[i]).length / half;
}
