// The positions of the overview's maps: left to right on a wide page, top to bottom on a narrow one. Lengths are in CSS
// pixels; x and y are centers.

const NARROW = 600;

// `layers`: the number of layers of maps; `rows`: maps shown per layer; `outputs`: number of scores; `rem`: 1rem in
// pixels.
export function layoutMaps({ width, rem, layers, rows, outputs }) {
  const isWide = width >= NARROW;
  return isWide ? leftToRight({ width, rem, layers, rows, outputs }) : topToBottom({ width, rem, layers, rows, outputs });
}

function leftToRight({ width, rem, layers, rows, outputs }) {
  const head = 4.3 * rem; // height of the names
  const step = width / (layers + 3.1); // one for the drawing, two for the scores
  const side = Math.min(0.62 * step, 4.2 * rem);
  const down = Math.max(side + 0.55 * rem, (outputs * 2.05 * rem) / rows);
  const height = head + rows * down;
  const middle = head + (rows * down) / 2;
  const tile = { x: 0, y: middle, side: Math.min(side * 1.25, step * 0.85) };
  tile.x = tile.side / 2;
  const column = (i) => step * (i + 1.35);
  const maps = Array.from({ length: layers }, (_, i) => Array.from({ length: rows }, (_, k) => ({ x: column(i), y: head + (k + 0.5) * down })));
  const x = column(layers) + 0.2 * rem;
  const gap = (rows * down) / outputs;
  const scores = Array.from({ length: outputs }, (_, k) => ({ x, y: head + (k + 0.5) * gap }));
  const names = Array.from({ length: layers }, (_, i) => ({ x: column(i), y: 0.1 * rem }));
  const bar = { x0: x + 1.5 * rem, x1: width - 3.3 * rem };
  return { isWide: true, width, height, side, tile, maps, scores, names, scoreName: { x, y: 0.1 * rem }, score: { w: 2.2 * rem, h: gap }, bar };
}

function topToBottom({ width, rem, layers, rows, outputs }) {
  const step = width / rows;
  const side = Math.min(step - 5, 4 * rem);
  const down = side + 2.9 * rem;
  const tile = { x: width / 2, y: 1.4 * rem + side * 0.75, side: side * 1.5 };
  const top = tile.y + tile.side / 2 + 2.6 * rem;
  const row = (i) => top + i * down + side / 2;
  const maps = Array.from({ length: layers }, (_, i) => Array.from({ length: rows }, (_, k) => ({ x: (k + 0.5) * step, y: row(i) })));
  const y = row(layers) + 0.3 * rem;
  const gap = width / outputs;
  const scores = Array.from({ length: outputs }, (_, k) => ({ x: (k + 0.5) * gap, y }));
  const names = Array.from({ length: layers }, (_, i) => ({ x: 0, y: row(i) - side / 2 - 1.35 * rem }));
  const bar = { y0: y + 1.35 * rem, y1: y + 4 * rem };
  const height = bar.y1 + 1.5 * rem;
  return { isWide: false, width, height, side, tile, maps, scores, names, scoreName: { x: 0, y: y - 2.75 * rem }, score: { w: gap, h: 2.4 * rem }, bar };
}
