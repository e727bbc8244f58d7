// Closing and opening of masks along rows, by the runs of ink in them, as morphology with a kernel one pixel high: what
// lies beyond the border counts neither as ink nor as paper.

import { grey } from "../image/grey.js";

// Gaps that are shorter than `size` pixels, an odd number, are filled.
export function closedAlongRows(mask, size) {
  const reach = size >> 1;
  const { width } = mask;
  return ofRuns(mask, (runs) =>
    runs.reduce((joined, [start, end]) => {
      if (start <= reach) start = 0;
      if (end + reach >= width) end = width;
      const last = joined.at(-1);
      if (last && start - last[1] < size) last[1] = end;
      else joined.push([start, end]);
      return joined;
    }, []),
  );
}

// Runs that are shorter than `size` pixels are removed; those at the border may reach beyond it.
export function openedAlongRows(mask, size) {
  const [before, after] = [size >> 1, size - 1 - (size >> 1)]; // of a kernel's middle
  const { width } = mask;
  return ofRuns(mask, (runs) =>
    runs
      .map(([start, end]) => [start === 0 ? 0 : start + before, end === width ? width : end - after]) // eroded
      .filter(([start, end]) => start < end)
      .map(([start, end]) => [Math.max(start - after, 0), Math.min(end + before, width)]),
  );
}

// A mask of other runs than another has in each row. Runs are [start, end).
function ofRuns({ width, height, data }, change) {
  const out = grey(width, height);
  for (let row = 0; row < data.length; row += width) {
    const runs = [];
    for (let x = 0; x < width; x++) {
      if (!data[row + x]) continue;
      const start = x;
      while (x < width && data[row + x]) x++;
      runs.push([start, x]);
    }
    if (runs.length) for (const [start, end] of change(runs)) out.data.fill(1, row + start, row + end);
  }
  return out;
}
