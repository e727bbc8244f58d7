// Trained models: kept under a name, listed, opened on the board, deleted.

import { ApiError, Unavailable } from "../common/api_client.js";
import { confirmFirst } from "../common/confirm_first.js";
import { pageAddress } from "../common/site.js";
import { getJson, postJson, remove, sentence } from "./lab_client.js";
import { count, percent } from "./number_format.js";

const byId = (id) => document.getElementById(id);
const [name, wrong, status, button] = [byId("keep-name"), byId("keep-wrong"), byId("kept-status"), byId("keep-button")];
const NAME = /^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$/;

let names = new Set();
let offered = ""; // the version that may be kept
let asking = 0; // timer of the next request while a report is being made
const ASK_MS = 1500;

// `changed()` is called when the models have changed.
export function watchModels(changed) {
  byId("keep-form").addEventListener("submit", async (event) => {
    event.preventDefault();
    wrong.textContent = complaint(name.value);
    name.setAttribute("aria-invalid", String(Boolean(wrong.textContent)));
    if (wrong.textContent) return name.focus();
    button.disabled = true;
    button.textContent = byId("keep-test").checked ? "Evaluating …" : "Keep";
    await showingErrors(async () => {
      showModels(await postJson("models", { name: name.value, test: byId("keep-test").checked }));
      changed();
    });
    button.disabled = false;
    button.textContent = "Keep";
    return undefined;
  });
  byId("discard").addEventListener("click", (event) => {
    confirmFirst(event.currentTarget, () => showingErrors(async () => changed(await remove("training"))));
  });
  refreshModels();
}

export async function refreshModels() {
  try {
    showModels(await getJson("models"));
  } catch {
    // the list stays unchanged
  }
}

// Offers to keep the model of a finished or stopped training run.
export function offer({ state, bundle, choices, kept_as: keptAs }) {
  const over = ["finished", "stopped"].includes(state) && bundle;
  byId("keep").hidden = !over;
  if (!over) return;
  byId("keep-form").hidden = byId("keep-help").hidden = keptAs.length > 0;
  if (keptAs.length) return status.replaceChildren(`Kept as ${keptAs[0]}. `, tryIt(keptAs[0]), " ", lookInside(keptAs[0]));
  status.textContent = "";
  if (offered !== bundle.version) {
    offered = bundle.version;
    name.value = free(`my-${choices.architecture}`);
    wrong.textContent = "";
  }
  return undefined;
}

function complaint(text) {
  if (names.has(text)) return `There is already a network called ${text}. Choose another name, or delete that network.`;
  return NAME.test(text) ? "" : "A name has 1 to 32 lowercase letters, digits and hyphens, such as my-first.";
}

function free(stem) {
  for (let i = 1; ; i++) if (!names.has(`${stem}-${i}`)) return `${stem}-${i}`;
}

async function showingErrors(work) {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof ApiError || error instanceof Unavailable)) throw error;
    const text = error instanceof ApiError ? sentence(error.message) : "The server is not answering. Try again.";
    wrong.textContent = text;
  }
}

function showModels({ models, folder }) {
  names = new Set(models.map((model) => model.name));
  byId("kept").hidden = models.length === 0;
  byId("kept-folder").textContent = folder;
  byId("kept-list").replaceChildren(...models.map(row));
  clearTimeout(asking);
  if (models.some(({ report }) => report === "making")) asking = setTimeout(refreshModels, ASK_MS);
}

function row(model) {
  const item = document.createElement("li");
  const title = document.createElement("strong");
  title.textContent = model.name;
  const facts = document.createElement("span");
  facts.className = "quiet";
  const test = model.test === null ? "" : `, ${percent(model.test)} of the test images`;
  facts.textContent = `${model.architecture}, ${count(model.parameters)} parameters; ${percent(model.validation)} of the held-out images${test}`;
  const deleteButton = document.createElement("button");
  deleteButton.type = "button";
  deleteButton.textContent = "Delete";
  deleteButton.setAttribute("aria-label", `Delete ${model.name}`);
  deleteButton.addEventListener("click", () => {
    confirmFirst(deleteButton, () => showingErrors(async () => showModels(await remove(`models/${model.name}`))));
  });
  item.append(title, facts, tryIt(model.name), lookInside(model.name), reportOf(model), deleteButton);
  return item;
}

// A link to the report, or a button that makes it.
function reportOf({ name: model, report, report_error: error }) {
  if (report === "made") return linkTo(`/models/${encodeURIComponent(model)}`, "Report", `Report about ${model}`);
  const holder = document.createElement("span");
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = report === "making" ? "Making the report …" : "Make the report";
  button.disabled = report === "making";
  button.setAttribute("aria-label", `${button.textContent.replace(" …", "")} about ${model}`);
  button.addEventListener("click", () => showingErrors(async () => showModels(await postJson(`models/${model}/report`))));
  holder.append(button);
  if (report === "failed") holder.append(Object.assign(document.createElement("span"), { className: "wrong", textContent: sentence(error) }));
  return holder;
}

const tryIt = (model) => linkTo(`/#m=${encodeURIComponent(model)}`, "Try it on Draw");
const lookInside = (model) => linkTo(`/inside#m=${encodeURIComponent(model)}`, "Look inside");

function linkTo(path, text, label = text) {
  const link = document.createElement("a");
  link.className = "button";
  link.href = pageAddress(path);
  link.textContent = text;
  if (label !== text) link.setAttribute("aria-label", label);
  return link;
}
