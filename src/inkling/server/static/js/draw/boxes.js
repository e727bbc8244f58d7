// Bounding boxes over the ink, one for each digit and every other mark.

export const KINDS = {
  point: ".", comma: ",", minus: "\u2212", plus: "+", slash: "/", colon: ":", percent: "%", bracket: "( )", currency: "\u00a4",
  crossed_out: "crossed out", edge: "edge", text: "other writing", mark: "no digit", refused: "no digit",
}; // prettier-ignore
const UNEXPLAINED = ["mark", "refused"]; // a digit may be missing there

const holder = document.getElementById("boxes");

// Shows a reading's digits and other marks, with boxes in pixels of an image of `size` [width, height]. `frame` {left,
// top, width, height} is the place of that image on the paper, in CSS pixels. For a `tentative` reading, only the
// digits are shown, in gray.
export function showBoxes({ digits, others, size }, frame, selected, { tentative = false } = {}) {
  holder.classList.toggle("tentative", tentative);
  Object.assign(holder.style, {
    left: `${frame.left}px`,
    top: `${frame.top}px`,
    width: `${frame.width}px`,
    height: `${frame.height}px`,
  });
  const read = digits.map(({ digit, sure, box }, i) => {
    const drawn = makeBox(box, size, sure || tentative ? digit : `${digit}?`);
    drawn.classList.toggle("unsure", !sure && !tentative);
    drawn.classList.toggle("selected", i === selected && digits.length > 1);
    return drawn;
  });
  const rest = (tentative ? [] : others).map(({ kind, box }) => {
    const drawn = makeBox(box, size, KINDS[kind]);
    drawn.classList.add(UNEXPLAINED.includes(kind) ? "refused" : "sign");
    return drawn;
  });
  holder.replaceChildren(...read, ...rest);
}

function makeBox([x, y, w, h], size, words) {
  const box = document.createElement("div");
  box.className = "box";
  Object.assign(box.style, {
    left: `${(100 * x) / size[0]}%`,
    top: `${(100 * y) / size[1]}%`,
    width: `${(100 * w) / size[0]}%`,
    height: `${(100 * h) / size[1]}%`,
  });
  const label = document.createElement("span");
  label.textContent = words;
  box.append(label);
  return box;
}

export function hideBoxes() {
  holder.replaceChildren();
}

// The place of an image of `size` in the element `paper`, as with `object-fit: contain`.
export function containedFrame(size, paper) {
  const scale = Math.min(paper.clientWidth / size[0], paper.clientHeight / size[1]);
  const [width, height] = [size[0] * scale, size[1] * scale];
  return { left: (paper.clientWidth - width) / 2, top: (paper.clientHeight - height) / 2, width, height };
}
