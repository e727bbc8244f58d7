// A 3x3 kernel over a digit, and its feature map.

import { loadDigits } from "../common/test_digits.js";
import { convolve, PRESETS } from "./convolve.js";
import { buttons, colour, paintTile, partsOf, prefersReducedMotion, responsiveCanvas, SIDE, signed, tileOf, watchCells } from "./widgets.js";

const CELLS_PER_FRAME = 7; // cells that the window passes in one animation frame

export async function begin(section) {
  const { presets, digit, kernel, map, sum, another, slide } = partsOf(section);
  const digits = await loadDigits();
  let number = 3;
  let at = [13, 11];
  let weights = [...PRESETS.upright.weights];
  let done = SIDE * SIDE; // visible cells of the map: all, except while the window slides
  const tile = () => tileOf(digits, number);

  const fields = weights.map((_, i) => {
    const field = document.createElement("input");
    Object.assign(field, { type: "number", step: 0.5, min: -5, max: 5 });
    field.setAttribute("aria-label", `Weight, row ${Math.floor(i / 3) + 1}, column ${(i % 3) + 1}`);
    field.addEventListener("input", () => {
      weights[i] = Math.max(-5, Math.min(5, Number(field.value) || 0));
      choices.press(null);
      show();
    });
    return field;
  });
  kernel.append(...fields);

  const drawDigit = responsiveCanvas(digit, 1, (context, width) => {
    paintTile(context, tile(), { size: width });
    frame(context, width, at, 3);
  });
  const drawMap = responsiveCanvas(map, 1, (context, width) => {
    const found = convolve(tile(), weights);
    const most = found.reduce((top, each) => Math.max(top, Math.abs(each)), 0.001);
    paintTile(context, found.map((each, i) => (i < done ? each / most : 0)), { size: width, positive: "blue" });
    frame(context, width, at, 1);
  });
  const show = () => {
    drawDigit();
    drawMap();
    fields.forEach((field, i) => {
      if (field !== document.activeElement) field.value = weights[i];
      field.dataset.sign = Math.sign(weights[i]);
    });
    const [column, row] = at;
    const inked = weights.flatMap((weight, i) => {
      const [x, y] = [column + (i % 3) - 1, row + Math.floor(i / 3) - 1];
      const ink = x < 0 || y < 0 || x >= SIDE || y >= SIDE ? 0 : tile()[y * SIDE + x];
      return ink && weight ? [`${ink.toFixed(2)} × ${weight < 0 ? `(${signed(weight, 1)})` : weight}`] : [];
    });
    const total = convolve(tile(), weights)[row * SIDE + column];
    sum.setAttribute("aria-live", done < SIDE * SIDE ? "off" : "polite");
    sum.textContent = `At column ${column + 1}, row ${row + 1}: ${inked.join(" + ") || "no ink under a weight"} = ${signed(total)}`;
  };
  const choices = buttons(presets, Object.fromEntries(Object.entries(PRESETS).map(([key, each]) => [key, each.name])), (key) => {
    weights = [...PRESETS[key].weights];
    show();
  });
  choices.press("upright");
  for (const canvas of [digit, map]) {
    watchCells(canvas, {
      columns: SIDE,
      rows: SIDE,
      at: () => at,
      choose: (column, row) => {
        at = [column, row];
        done = SIDE * SIDE;
        show();
      },
    });
  }
  const pass = () => {
    if (done >= SIDE * SIDE) return;
    done = Math.min(SIDE * SIDE, done + CELLS_PER_FRAME);
    at = [(done - 1) % SIDE, Math.floor((done - 1) / SIDE)];
    show();
    requestAnimationFrame(pass);
  };
  slide.addEventListener("click", () => {
    const resting = done >= SIDE * SIDE;
    done = prefersReducedMotion() ? SIDE * SIDE - 1 : 0;
    if (resting) pass();
  });
  another.addEventListener("click", () => {
    number = (number + 1) % digits.labels.length;
    show();
  });
  show();
}

function frame(context, width, [column, row], side) {
  const cell = width / SIDE;
  context.strokeStyle = colour("ochre");
  context.lineWidth = 2;
  const half = (side - 1) / 2;
  context.strokeRect((column - half) * cell, (row - half) * cell, side * cell, side * cell);
}
