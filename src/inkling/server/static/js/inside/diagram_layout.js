// The layout of the network diagram: left to right on a wide page, top to bottom on a narrow one.

const NARROW = 560; // CSS pixels; a narrower diagram runs from top to bottom
const LEAST = 25; // CSS pixels from one neuron to the next, large enough for a finger

// `width` of the diagram and `rem` of the page are in CSS pixels; `hidden` is the number of hidden neurons. In the
// result, x and y of neurons and outputs are centers.
export function layoutDiagram(width, rem, hidden) {
  return width < NARROW ? topToBottom(width, rem, hidden) : leftToRight(width, rem, hidden);
}

function leftToRight(width, rem, hidden) {
  const head = 2.4 * rem; // height of the names
  const across = { x0: width * 0.355, x1: width * 0.685 };
  const columns = Math.max(1, Math.floor((across.x1 - across.x0) / Math.max(LEAST, width / 33)));
  const rows = Math.ceil(hidden / columns);
  const height = Math.max(27 * rem, head + rows * LEAST + rem);
  const down = { y0: head, y1: height - 0.4 * rem };
  const side = Math.min(width * 0.26, height - head - rem);
  const grid = gridOf(hidden, columns, rows, across, down, rem);
  const step = (down.y1 - down.y0) / 10;
  const radius = Math.min(step * 0.38, 1.25 * rem);
  const x = width * 0.825;
  const outputs = Array.from({ length: 10 }, (_, digit) => ({ x, y: down.y0 + (digit + 0.5) * step }));
  const bar = { x0: x + radius + 0.5 * rem, x1: width - 3.4 * rem };
  const tile = { x: 1, y: (head + height - side) / 2, side };
  const names = { tile: [0, 1.2 * rem], hidden: [across.x0, 1.2 * rem], outputs: [x - radius, 1.2 * rem] };
  return { wide: true, width, height, tile, ...grid, outputs, outputRadius: radius, bar, names };
}

function topToBottom(width, rem, hidden) {
  const side = Math.min(width * 0.56, 13 * rem);
  const gap = 4.2 * rem;
  const columns = Math.max(1, Math.floor(width / LEAST));
  const rows = Math.ceil(hidden / columns);
  const tile = { x: (width - side) / 2, y: 1.7 * rem, side };
  const y0 = tile.y + side + gap;
  const down = { y0, y1: y0 + rows * LEAST };
  const grid = gridOf(hidden, columns, rows, { x0: 0, x1: width }, down, rem);
  const step = width / 10;
  const radius = Math.min(step * 0.42, 1.2 * rem);
  const y = down.y1 + gap + radius;
  const outputs = Array.from({ length: 10 }, (_, digit) => ({ x: (digit + 0.5) * step, y }));
  const bar = { y0: y + radius + 0.4 * rem, y1: y + radius + 3.6 * rem };
  const names = { tile: [0, 1.1 * rem], hidden: [0, y0 - 0.5 * rem], outputs: [0, down.y1 + gap - 0.5 * rem] };
  return { wide: false, width, height: bar.y1 + 1.6 * rem, tile, ...grid, outputs, outputRadius: radius, bar, names };
}

function gridOf(hidden, columns, rows, { x0, x1 }, { y0, y1 }, rem) {
  const [w, h] = [(x1 - x0) / columns, (y1 - y0) / rows];
  const neurons = Array.from({ length: hidden }, (_, j) => ({
    x: x0 + ((j % columns) + 0.5) * w,
    y: y0 + (Math.floor(j / columns) + 0.5) * h,
  }));
  return { columns, cell: { w, h }, neurons, radius: Math.min(w, h, 2.5 * rem) * 0.33 };
}
