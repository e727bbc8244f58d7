// Closing and opening of masks along rows, by the runs of ink in the rows, like morphology with a kernel one pixel
// high: pixels beyond the border count neither as ink nor as paper.

import { grey } from "../image/grey.js";

// Fills gaps shorter than `size` pixels, an odd number.
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

// Removes runs shorter than `size` pixels; runs at the border may continue beyond it.
export function openedAlongRows(mask, size) {
  const [before, after] = [size >> 1, size - 1 - (size >> 1)]; // pixels of a kernel before and after its middle
  const { width } = mask;
  return ofRuns(mask, (runs) =>
    runs
      .map(([start, end]) => [start === 0 ? 0 : start + before, end === width ? width : end - after]) // eroded
      .filter(([start, end]) => start < end)
      .map(([start, end]) => [Math.max(start - after, 0), Math.min(end + before, width)]),
  );
}

// A mask with the runs of each row changed by `change`. Runs are [start, end).
function ofRuns({ width, height, data }, change) {
  const out = grey(width, height);
  for (let first = data.indexOf(1); first >= 0; ) {
    const row = first - (first % width);
    const runs = [];
    for (let x = first - row; x < width; x++) {
      if (!data[row + x]) continue;
      const start = x;
      while (x < width && data[row + x]) x++;
      runs.push([start, x]);
    }
    for (const [start, end] of change(runs)) out.data.fill(1, row + start, row + end);
    first = data.indexOf(1, row + width);
  }
  return out;
}
