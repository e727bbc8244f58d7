// One digit, large, with a glass that shows the numbers of 7 x 5 pixels.

import { loadDigits } from "../common/digits.js";
import { colour, drawn, paintTile, partsOf, SIDE, tileOf, walk } from "./parts.js";

const [WIDE, HIGH] = [7, 5]; // pixels under the glass

export async function begin(section) {
  const { digit, here, numbers, another } = partsOf(section);
  const digits = await loadDigits();
  let number = 4;
  let at = [18, 11]; // column and row of the middle of the glass
  const corner = () => [Math.min(Math.max(at[0] - 3, 0), SIDE - WIDE), Math.min(Math.max(at[1] - 2, 0), SIDE - HIGH)];
  const again = drawn(digit, 1, (context, width) => {
    paintTile(context, tileOf(digits, number), { size: width });
    const cell = width / SIDE;
    const [x, y] = corner();
    context.strokeStyle = colour("blue");
    context.lineWidth = 2;
    context.strokeRect(x * cell, y * cell, WIDE * cell, HIGH * cell);
    context.strokeRect(at[0] * cell, at[1] * cell, cell, cell);
  });
  const show = () => {
    again();
    const [x, y] = corner();
    const ink = (column, row) => digits.images[number * SIDE * SIDE + row * SIDE + column];
    here.textContent = `Column ${at[0] + 1}, row ${at[1] + 1}: ${ink(...at)} of 255. It is a ${digits.labels[number]}.`;
    const rows = [];
    for (let row = y; row < y + HIGH; row++) {
      const line = document.createElement("tr");
      for (let column = x; column < x + WIDE; column++) {
        const cell = line.insertCell();
        cell.textContent = ink(column, row);
        cell.classList.toggle("inked", ink(column, row) > 127);
        cell.classList.toggle("chosen", column === at[0] && row === at[1]);
      }
      rows.push(line);
    }
    numbers.tBodies[0].replaceChildren(...rows);
  };
  walk(digit, {
    columns: SIDE,
    rows: SIDE,
    at: () => at,
    choose: (column, row) => {
      at = [column, row];
      show();
    },
  });
  another.addEventListener("click", () => {
    number = (number + 1) % digits.labels.length;
    show();
  });
  show();
}
