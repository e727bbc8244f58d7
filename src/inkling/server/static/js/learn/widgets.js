// Controls, canvases and tiles shared by the interactive sections.

export const SIDE = 28;
const NARROW_PX = 420; // a canvas on a phone

// The elements of a section by their data-part.
export function partsOf(section) {
  const parts = {};
  for (const element of section.querySelectorAll("[data-part]")) parts[element.dataset.part] = element;
  return parts;
}

// A labeled slider; `format(value)` returns its text. Returns {element, value, set(value), limit(most)}.
export function slider({ label, min, max, step, value, format = String, change }) {
  const element = document.createElement("label");
  const [words, input, output] = ["span", "input", "output"].map((tag) => document.createElement(tag));
  words.textContent = label;
  input.setAttribute("aria-label", label); // without the value, which a screen reader adds
  Object.assign(input, { type: "range", min, max, step, value });
  const show = () => {
    output.textContent = format(Number(input.value));
    input.setAttribute("aria-valuetext", output.textContent);
  };
  input.addEventListener("input", () => {
    show();
    change(Number(input.value));
  });
  element.className = "slider";
  element.append(words, input, output);
  show();
  return {
    element,
    get value() {
      return Number(input.value);
    },
    set(next) {
      input.value = next;
      show();
    },
    limit(most) {
      input.max = input.value = most;
      show();
    },
  };
}

// A labeled choice of `options` {value: text}.
export function choice({ label, options, value, change }) {
  const element = document.createElement("label");
  const [words, select] = ["span", "select"].map((tag) => document.createElement(tag));
  words.textContent = label;
  select.setAttribute("aria-label", label); // without the options
  for (const [key, text] of Object.entries(options)) select.append(new Option(text, key, false, key === String(value)));
  select.addEventListener("change", () => change(select.value));
  element.className = "choice";
  element.append(words, select);
  return element;
}

// A labeled checkbox. Returns {element, checked, set(checked)}.
export function checkbox({ label, checked = false, change }) {
  const element = document.createElement("label");
  const box = Object.assign(document.createElement("input"), { type: "checkbox", checked });
  element.className = "checkbox";
  element.append(box, ` ${label}`);
  box.addEventListener("change", () => change(box.checked));
  return {
    element,
    get checked() {
      return box.checked;
    },
    set(next) {
      box.checked = next;
    },
  };
}

// Buttons, one of which is pressed; `names` {key: text}. Returns {press(key)}.
export function buttons(holder, names, change) {
  const made = Object.entries(names).map(([key, words]) => {
    const button = document.createElement("button");
    Object.assign(button, { type: "button", textContent: words });
    button.addEventListener("click", () => {
      press(key);
      change(key);
    });
    holder.append(button);
    return [key, button];
  });
  const press = (key) => made.forEach(([own, button]) => button.setAttribute("aria-pressed", own === key));
  return { press };
}

// Calls `draw(context, width, height)` in CSS pixels now, after a resize, and when the color scheme changes. Returns a
// function that redraws. `aspects`: width over height; the second is for narrow canvases.
export function responsiveCanvas(canvas, aspects, draw) {
  const context = canvas.getContext("2d");
  const again = () => {
    const width = canvas.clientWidth;
    if (!width) return;
    const [wide, narrow = wide] = [aspects].flat();
    const aspect = width < NARROW_PX ? narrow : wide;
    canvas.style.aspectRatio = aspect;
    const height = width / aspect;
    const [w, h] = [Math.round(width * devicePixelRatio), Math.round(height * devicePixelRatio)];
    if (canvas.width !== w || canvas.height !== h) [canvas.width, canvas.height] = [w, h];
    context.setTransform(w / width, 0, 0, h / height, 0, 0);
    context.clearRect(0, 0, width, height);
    draw(context, width, height);
  };
  new ResizeObserver(again).observe(canvas);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
  again();
  return again;
}

// A color of css/base.css by name: "ink", "blue", ...
export function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

const rgbOf = (context, name) => {
  context.fillStyle = colour(name) || name;
  return [1, 3, 5].map((i) => parseInt(context.fillStyle.slice(i, i + 2), 16));
};

// 784 numbers, -1..1, as a square of pixels: `positive` and `negative` name the colors of the signs.
export function paintTile(context, tile, { x = 0, y = 0, size, positive = "ink", negative = "ochre" }) {
  const side = Math.round(Math.sqrt(tile.length));
  const image = new ImageData(side, side);
  const [above, below] = [rgbOf(context, positive), rgbOf(context, negative)];
  for (let i = 0; i < tile.length; i++) {
    const strength = Math.min(1, Math.abs(tile[i]));
    image.data.set([...(tile[i] < 0 ? below : above), 255 * strength], 4 * i);
  }
  const small = new OffscreenCanvas(side, side);
  small.getContext("2d").putImageData(image, 0, 0);
  context.imageSmoothingEnabled = false;
  context.drawImage(small, x, y, size, size);
}

// Test digit `i` as 784 values, 0 paper to 1 ink.
export function tileOf(digits, i) {
  const tile = new Float32Array(SIDE * SIDE); // a loop, because `Float32Array.from` takes several times as long
  for (let k = 0; k < tile.length; k++) tile[k] = digits.images[i * SIDE * SIDE + k] / 255;
  return tile;
}

// Draws ten probabilities as bars, the largest in blue, on a canvas from `responsiveCanvas`.
export function drawProbabilities(context, width, height, probs) {
  const best = argmax(probs);
  const [step, foot] = [width / probs.length, 20];
  context.font = `13px ${getComputedStyle(document.body).fontFamily}`;
  context.textAlign = "center";
  context.textBaseline = "alphabetic";
  probs.forEach((prob, digit) => {
    const tall = Math.max(1, prob * (height - foot - 4));
    context.fillStyle = colour(digit === best ? "blue" : "quiet");
    context.fillRect(digit * step + step * 0.16, height - foot - tall, step * 0.68, tall);
    context.fillText(digit, (digit + 0.5) * step, height - 4);
  });
}

// Arrow keys and the pointer choose a cell in a grid of `columns` x `rows`; `choose(column, row, how)` is called for
// each choice. `how` is "key", "hover" or "press" (a pressed button, a finger, Space or Enter).
export function watchCells(canvas, { columns, rows, at, choose }) {
  const clamp = (value, most) => Math.max(0, Math.min(most - 1, value));
  const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  canvas.addEventListener("keydown", (event) => {
    const press = event.key === " " || event.key === "Enter";
    const step = press ? [0, 0] : steps[event.key];
    if (!step) return;
    event.preventDefault();
    const [column, row] = at();
    choose(clamp(column + step[0], columns), clamp(row + step[1], rows), press ? "press" : "key");
  });
  const point = (event) => {
    const frame = canvas.getBoundingClientRect();
    const column = Math.floor(((event.clientX - frame.left) / frame.width) * columns);
    const row = Math.floor(((event.clientY - frame.top) / frame.height) * rows);
    choose(clamp(column, columns), clamp(row, rows), event.buttons % 2 === 1 ? "press" : "hover");
  };
  canvas.addEventListener("pointermove", point);
  canvas.addEventListener("pointerdown", point);
}

// Whether the user prefers reduced motion.
export const prefersReducedMotion = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

// A tile shifted by whole pixels; pixels that leave it are lost.
export function shifted(tile, right, down) {
  const moved = new Float32Array(SIDE * SIDE);
  for (let y = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++) {
      const [column, row] = [x - right, y - down];
      if (column >= 0 && row >= 0 && column < SIDE && row < SIDE) moved[y * SIDE + x] = tile[row * SIDE + column];
    }
  }
  return moved;
}

// A filled circle with an edge; `fill` and `edge` name colors.
export function drawCircle(context, [x, y], radius, { fill, edge, thickness = 2 }) {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fillStyle = colour(fill);
  context.fill();
  context.strokeStyle = colour(edge);
  context.lineWidth = thickness;
  context.stroke();
}

export const argmax = (probs) => probs.indexOf(Math.max(...probs));
export const percent = (share) => `${Math.round(100 * share)} %`; // of counts; for a confidence see draw/page_text.js
export const signed = (value, digits = 2) => `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(digits)}`;
