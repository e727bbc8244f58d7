// The settings form: values, validation, presets, and the values in the address.

const form = document.getElementById("settings");
const fields = [...form.querySelectorAll("[data-field]")].map((box) => ({
  box,
  name: box.dataset.field,
  input: box.querySelector("select, input"),
  output: box.querySelector("output"),
  wrong: box.querySelector(".wrong"),
  fits: box.dataset.fits?.split(" ") ?? null,
}));
const presets = [...document.querySelectorAll("[data-preset]")];
const about = document.getElementById("preset-about");

// `changed(values)` is called after each change.
export function watchSettings(changed) {
  const update = () => {
    refresh();
    rememberInLink();
    changed(values());
  };
  form.addEventListener("input", update);
  for (const button of presets) {
    button.addEventListener("click", () => {
      fill(JSON.parse(button.dataset.values));
      update();
    });
  }
  addEventListener("hashchange", () => {
    openLink();
    refresh();
    changed(values());
  });
  const unfit = openLink();
  refresh();
  if (unfit.length) about.textContent = `These values of the link are invalid and were ignored: ${unfit.join(", ")}.`;
}

// All values, in the API's format.
export function values() {
  return Object.fromEntries(fields.map(({ name, input }) => [name, valueOf(input)]));
}

// Shows an error beside each invalid field and focuses the first; returns whether all are valid.
export function check() {
  const wrong = fields.filter((field) => {
    const text = complaint(field);
    say(field, text);
    return text;
  });
  if (wrong.length) {
    wrong[0].box.closest("details").open = true;
    wrong[0].input.focus();
  }
  return wrong.length === 0;
}

// Shows the server's error beside the field that it names; returns whether there is one.
export function showServerError(text) {
  const field = fields.find(({ name }) => text.startsWith(`${name} is `));
  if (!field) return false;
  say(field, text.replace(field.name, labelOf(field)));
  field.input.focus();
  return true;
}

// "one hidden layer · 128 hidden units · learning rate 0.001": the settings of a training run.
export function inWords(chosen) {
  if (!chosen) return "";
  const said = fields
    .filter(({ name, fits, input }) => {
      if (fits && !fits.includes(chosen.architecture)) return false;
      return input.type !== "range" || Number(chosen[name]) !== 0;
    })
    .map(({ name, input, box }) => {
      const option = [...(input.options ?? [])].find((each) => same(each.value, chosen[name]));
      const text = option ? option.textContent : `${chosen[name]}${input.dataset.unit ?? ""}`;
      if (name === "architecture") return text;
      return `${box.querySelector("label").textContent.toLowerCase()} ${text}`;
    });
  return said.join(" · ");
}

function complaint({ name, input, ...field }) {
  if (input.validity.valid) {
    const { batch_size: batch, n_train: n } = values();
    return name === "batch_size" && batch > n ? `A batch of ${batch} is more than the ${n} images. Choose a smaller one.` : "";
  }
  const { min, max } = input;
  return `${labelOf({ input, ...field })} must be a whole number from ${min} to ${max}.`;
}

const labelOf = ({ box }) => box.querySelector("label").textContent;
const same = (a, b) => a === b || Number(a) === Number(b);

function say({ wrong, input }, text) {
  wrong.textContent = text;
  input.setAttribute("aria-invalid", String(Boolean(text)));
}

function valueOf(input) {
  return input.dataset.kind === "text" ? input.value : input.value === "" ? null : Number(input.value);
}

function fill(given) {
  for (const { name, input } of fields) set(input, given[name] ?? input.dataset.default);
}

function set(input, value) {
  const option = [...(input.options ?? [])].find((each) => same(each.value, value));
  input.value = option ? option.value : value;
}

function refresh() {
  const now = values();
  for (const field of fields) {
    const { box, input, output, fits } = field;
    box.hidden = fits !== null && !fits.includes(now.architecture);
    if (output) output.textContent = `${input.value}${input.dataset.unit}`;
    if (input.getAttribute("aria-invalid") === "true") say(field, complaint(field));
  }
  for (const button of presets) {
    const chosen = JSON.parse(button.dataset.values);
    const fits = fields.every(({ name, input }) => same(valueOf(input), chosen[name] ?? input.dataset.default));
    if (fits && button.getAttribute("aria-pressed") !== "true") about.textContent = button.dataset.about;
    button.setAttribute("aria-pressed", String(fits));
  }
  if (!presets.some((button) => button.getAttribute("aria-pressed") === "true")) {
    about.textContent = "Your own settings. The address of this page includes them.";
  }
}

function rememberInLink() {
  const changed = fields.filter(({ input }) => !same(input.value, input.dataset.default));
  const text = new URLSearchParams(changed.map(({ name, input }) => [name, input.value])).toString();
  history.replaceState(null, "", location.pathname + location.search + (text ? `#${text}` : ""));
}

// Fills in the values from the link; returns the names of invalid ones.
function openLink() {
  const link = new URLSearchParams(location.hash.slice(1));
  fill({});
  const unfit = [];
  for (const [name, value] of link) {
    const field = fields.find((each) => each.name === name);
    if (field) set(field.input, value);
    const taken = field?.input.value !== "" && same(field?.input.value, value) && field.input.validity.valid;
    if (taken) continue;
    if (field) set(field.input, field.input.dataset.default);
    unfit.push(name.slice(0, 20));
  }
  return unfit;
}
