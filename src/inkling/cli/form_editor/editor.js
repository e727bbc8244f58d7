// Draw, move, resize, name and remove the regions of a blank form by mouse and keyboard; test and save the template.

const SVG = "http://www.w3.org/2000/svg";
const LEAST = 8; // pixels of the blank; a smaller drag counts as a click
const token = new URLSearchParams(location.search).get("token") ?? "";
const sheet = document.querySelector("#sheet");
const form = document.querySelector("#region");
const told = document.querySelector("#told");
const sums = document.querySelector("#sums");
const name = document.querySelector("#form-name");

let template; // as in the TOML
let proposals = [];
let chosen = -1;
let saved; // the template as saved in the file
let drag = null; // { what: "draw" | "move" | "resize", index, from: [x, y], box }

const text = (value) => (value === undefined ? "" : Array.isArray(value) ? value.join(", ") : String(value));

async function ask(path, options = {}) {
  const answer = await fetch(path, { ...options, headers: { "X-Token": token } });
  const said = await answer.json().catch(() => ({ error: `the server answered ${answer.status}.` }));
  if (!answer.ok) throw new Error(said.error);
  return said;
}

function tell(message, bad = false) {
  told.textContent = message;
  told.classList.toggle("bad", bad);
}

function element(tag, attributes, parent) {
  const made = document.createElementNS(SVG, tag);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  parent.append(made);
  return made;
}

function draw() {
  const [width, height] = template.size;
  const hadFocus = sheet.contains(document.activeElement);
  sheet.setAttribute("viewBox", `0 0 ${width} ${height}`);
  sheet.style.aspectRatio = `${width} / ${height}`;
  sheet.replaceChildren();
  element("image", { href: picture, width, height }, sheet);
  proposals.forEach((proposal, index) => {
    const [x, y, w, h] = proposal.box;
    const label = `Add this ${proposal.kind}`;
    element("rect", { x, y, width: w, height: h, class: "proposal", tabindex: 0, role: "button", "aria-label": label, "data-proposal": index }, sheet);
  });
  template.region.forEach((region, index) => drawRegion(region, index, height));
  if (hadFocus) sheet.querySelector(`[data-index="${chosen}"]`)?.focus();
  show();
}

function drawRegion(region, index, height) {
  const [x, y, w, h] = region.box;
  const label = `${region.name}, ${region.kind}`;
  const group = element("g", { class: index === chosen ? "region chosen" : "region", tabindex: 0, role: "button", "aria-label": label, "data-index": index }, sheet);
  element("rect", { x, y, width: w, height: h }, group);
  const rows = region.rows ?? 1;
  const columns = region.columns ?? 1;
  for (let k = 1; k < columns; k++) element("line", { x1: x + (w * k) / columns, x2: x + (w * k) / columns, y1: y, y2: y + h }, group);
  for (let k = 1; k < rows; k++) element("line", { x1: x, x2: x + w, y1: y + (h * k) / rows, y2: y + (h * k) / rows }, group);
  drawName(region.name, x, y, height / 70, group);
  const side = height / 80;
  element("rect", { x: x + w - side / 2, y: y + h - side / 2, width: side, height: side, class: "handle" }, group);
}

// The name is on a tag above the region, because the blank may have print there.
function drawName(value, x, y, size, group) {
  const top = Math.max(y - 1.4 * size, 0);
  const tag = element("rect", { x, y: top, height: 1.4 * size, class: "tag" }, group);
  const written = element("text", { x: x + 0.4 * size, y: top + size, "font-size": size }, group);
  written.textContent = value;
  tag.setAttribute("width", written.getComputedTextLength() + 0.8 * size);
}

function show() {
  const region = template.region[chosen];
  form.disabled = !region;
  for (const input of form.elements) {
    if (!input.name) continue;
    if (input.type === "checkbox") input.checked = Boolean(region?.signs);
    else if (input !== document.activeElement) input.value = text(region?.[input.name]);
  }
  for (const label of form.querySelectorAll("[data-for]")) label.hidden = !label.dataset.for.split(" ").includes(region?.kind);
}

function place(event) {
  const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(sheet.getScreenCTM().inverse());
  return [Math.round(at.x), Math.round(at.y)];
}

function inside([x, y, w, h]) {
  const [width, height] = template.size;
  const size = [Math.min(Math.max(w, LEAST), width), Math.min(Math.max(h, LEAST), height)];
  return [Math.min(Math.max(x, 0), width - size[0]), Math.min(Math.max(y, 0), height - size[1]), ...size];
}

function add(region) {
  const taken = new Set(template.region.map((each) => each.name));
  let number = template.region.length + 1;
  while (taken.has(`field_${number}`)) number++;
  template.region.push({ name: `field_${number}`, ...region, box: inside(region.box) });
  chosen = template.region.length - 1;
  draw();
  sheet.querySelector(`[data-index="${chosen}"]`).focus();
}

function take(index) {
  const [{ kind, box, rows, columns }] = proposals.splice(index, 1);
  add({ kind, box, ...(rows && { rows }), ...(columns && { columns }) });
  form.elements.namedItem("name").select();
}

function remove() {
  template.region.splice(chosen, 1);
  chosen = -1;
  draw();
}

sheet.addEventListener("pointerdown", (event) => {
  const index = Number(event.target.closest(".region")?.dataset.index ?? -1);
  const from = place(event);
  if (event.target.dataset.proposal !== undefined) return;
  event.preventDefault();
  sheet.setPointerCapture(event.pointerId);
  chosen = index;
  const box = index < 0 ? [...from, 0, 0] : [...template.region[index].box];
  drag = { what: index < 0 ? "draw" : event.target.classList.contains("handle") ? "resize" : "move", index, from, box };
  draw();
  if (index >= 0) sheet.querySelector(`[data-index="${index}"]`).focus();
});

sheet.addEventListener("pointermove", (event) => {
  if (!drag) return;
  const [dx, dy] = place(event).map((value, k) => value - drag.from[k]);
  const [x, y, w, h] = drag.box;
  if (drag.what === "draw") {
    drag.drawn = [Math.min(x, x + dx), Math.min(y, y + dy), Math.abs(dx), Math.abs(dy)];
    sheet.querySelector(".drawn")?.remove();
    const [left, top, width, height] = drag.drawn;
    element("rect", { x: left, y: top, width, height, class: "proposal drawn" }, sheet);
  } else {
    template.region[drag.index].box = inside(drag.what === "move" ? [x + dx, y + dy, w, h] : [x, y, w + dx, h + dy]);
    draw();
  }
});

sheet.addEventListener("pointerup", () => {
  if (!drag) return;
  const { drawn } = drag;
  drag = null;
  if (drawn && Math.min(drawn[2], drawn[3]) >= LEAST) add({ kind: "number", box: drawn });
  else draw();
});

sheet.addEventListener("click", (event) => {
  if (event.target.dataset.proposal !== undefined) take(Number(event.target.dataset.proposal));
});

sheet.addEventListener("focusin", (event) => {
  if (event.target.dataset.index === undefined || Number(event.target.dataset.index) === chosen) return;
  chosen = Number(event.target.dataset.index);
  draw();
});

sheet.addEventListener("keydown", (event) => {
  if (event.target.dataset.proposal !== undefined) {
    if (event.key === "Enter" || event.key === " ") take(Number(event.target.dataset.proposal));
    return;
  }
  const region = template.region[Number(event.target.dataset.index ?? -1)];
  if (!region) return;
  const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
  if (step) {
    const [dx, dy] = step.map((value) => value * (event.shiftKey ? 10 : 1));
    const [x, y, w, h] = region.box;
    region.box = inside(event.altKey ? [x, y, w + dx, h + dy] : [x + dx, y + dy, w, h]);
    event.preventDefault();
    draw();
  } else if (event.key === "Delete" || event.key === "Backspace") {
    event.preventDefault();
    remove();
  }
});

// "1, 2, 5" -> a list of numbers; anything else is a file name.
const listOf = (value) => (/^[\d\s,;]+$/.test(value) ? value.split(/[\s,;]+/).filter(Boolean) : value.trim());

form.addEventListener("input", (event) => {
  const region = template.region[chosen];
  const { name: key, value, type, checked } = event.target;
  if (type === "checkbox") region.signs = checked;
  else if (value.trim() === "") delete region[key];
  else if (key === "among") region.among = listOf(value);
  else region[key] = type === "number" || (key === "length" && /^\d+$/.test(value)) ? Number(value) : value;
  if (key === "kind") {
    if (value !== "table") delete region.rows;
    else region.rows ??= 1;
    if (value === "table" || value === "comb") region.columns ??= value === "comb" ? 8 : 1;
    else delete region.columns;
    if (value === "comb" || value === "cell") delete region.signs;
  }
  draw();
});

document.querySelector("#remove").addEventListener("click", remove);

function complete() {
  template.name = name.value.trim();
  template.sum = sums.value
    .split("\n")
    .filter((line) => line.trim())
    .map((line) => {
      const [total, parts = ""] = line.split("=");
      return { total: total.trim(), of: parts.split("+").map((part) => part.trim()) };
    });
  return JSON.stringify(template);
}

document.querySelector("#save").addEventListener("click", async () => {
  try {
    const body = complete();
    const { path } = await ask("/save", { method: "POST", body });
    saved = body;
    tell(`Saved as ${path}.`);
  } catch (error) {
    tell(error.message, true);
  }
});

document.querySelector("#sample").addEventListener("change", async (event) => {
  const [file] = event.target.files;
  event.target.value = "";
  if (!file) return;
  const body = new FormData();
  body.set("template", complete());
  body.set("sample", file);
  tell("Reading …");
  const table = document.querySelector("#values");
  try {
    const answer = await ask("/try", { method: "POST", body });
    table.hidden = answer.fields.length === 0;
    table.tBodies[0].replaceChildren(...answer.fields.map(row));
    tell(answer.reason ? `${answer.status}: ${answer.reason}` : `The sheet is ${answer.status}.`, answer.fields.length === 0);
  } catch (error) {
    table.hidden = true;
    tell(error.message, true);
  }
});

function row(field) {
  const made = document.createElement("tr");
  const sure = field.text ? `${field.outcome} ${Math.floor(100 * field.confidence)}%` : field.outcome;
  for (const value of [field.name, field.text || "–", sure]) made.insertCell().textContent = value;
  return made;
}

addEventListener("beforeunload", (event) => {
  if (complete() !== saved) event.preventDefault();
});

const blank = await fetch("/blank.png", { headers: { "X-Token": token } });
const picture = URL.createObjectURL(await blank.blob());
const start = await ask("/start");
template = start.template;
proposals = template.region.length ? [] : start.proposals;
name.value = template.name;
sums.value = template.sum.map(({ total, of }) => `${total} = ${of.join(" + ")}`).join("\n");
draw();
saved = complete();
document.documentElement.dataset.ready = "";
