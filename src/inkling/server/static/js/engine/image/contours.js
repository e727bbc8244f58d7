// Borders of components.

// Directions from a pixel to its neighbors, counter-clockwise on the screen, from the right.
const AROUND = [[1, 0], [1, -1], [0, -1], [-1, -1], [-1, 0], [-1, 1], [0, 1], [1, 1]];

// The borders of a mask's 8-connected components and of their holes: [{ points, isHole, parent }], `parent` an index or -1
// (Suzuki, Abe, "Topological structural analysis of digitized binary images by border following", 1985). With `simple`,
// only the ends of straight runs are kept. A hole's border is in the ink around it.
export function findContours({ width, height, data }, { simple = true } = {}) {
  const w = width + 2;
  const marks = new Int32Array(w * (height + 2));
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) marks[(y + 1) * w + x + 1] = data[y * width + x] ? 1 : 0;
  }
  const steps = AROUND.map(([dx, dy]) => dy * w + dx);
  const contours = [];
  for (let y = 1; y <= height; y += 1) {
    let last = 0; // the number of the last border met in this row
    for (let x = 1; x <= width; x += 1) {
      const i = y * w + x;
      if (marks[i] === 0) continue;
      const isOuter = marks[i] === 1 && marks[i - 1] === 0;
      const isHole = !isOuter && marks[i] >= 1 && marks[i + 1] === 0;
      if (isOuter || isHole) {
        if (isHole && marks[i] > 1) last = marks[i];
        const other = last ? contours[last - 2] : null;
        const parent = !other ? -1 : other.isHole === isHole ? other.parent : last - 2;
        const points = followed(marks, steps, w, i, { from: isHole ? 0 : 4, number: contours.length + 2, simple });
        contours.push({ points, isHole, parent });
      }
      if (marks[i] !== 1) last = Math.abs(marks[i]);
    }
  }
  return contours;
}

// The contours that no other contour encloses, in OpenCV's order.
export const outerContours = (mask, options) =>
  findContours(mask, options).filter(({ isHole, parent }) => !isHole && parent < 0).toReversed();

function followed(marks, steps, w, start, { from, number, simple }) {
  const points = [];
  const add = (i) => points.push([(i % w) - 1, Math.floor(i / w) - 1]);
  let direction = from;
  do {
    direction = (direction + 7) & 7;
  } while (marks[start + steps[direction]] === 0 && direction !== from);
  if (direction === from) {
    marks[start] = -number;
    add(start);
    return points;
  }
  const first = start + steps[direction];
  let [here, came] = [start, direction];
  let before = direction ^ 4;
  for (;;) {
    let next = came;
    let passedRight = false;
    do {
      next = (next + 1) & 7;
      if (marks[here + steps[next]] !== 0) break;
      if (next === 0) passedRight = true;
    } while (true);
    if (passedRight) marks[here] = -number;
    else if (marks[here] === 1) marks[here] = number;
    if (!simple || next !== before) add(here);
    before = next;
    const there = here + steps[next];
    if (there === start && here === first) return points;
    here = there;
    came = (next + 4) & 7;
  }
}
