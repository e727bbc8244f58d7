// The status of the training in words, and the available buttons.

import { inWords } from "./settings.js";
import { count, lossText, percent } from "./number_format.js";

const byId = (id) => document.getElementById(id);
const SHOWN = {
  start: ["none", "finished", "stopped", "failed", "interrupted"],
  pause: ["running"],
  resume: ["paused", "interrupted"],
  more: ["paused", "finished"],
  stop: ["starting", "running", "paused"],
};

export function showStatus(training, mine) {
  const { state } = training;
  const focused = document.activeElement;
  for (const [id, states] of Object.entries(SHOWN)) byId(id).hidden = !states.includes(state.state);
  byId("start").textContent = state.state === "none" ? "Train" : "Train again";
  if (focused?.closest(".buttons") && focused.hidden) byId("pause").parentElement.querySelector("button:not([hidden])")?.focus();
  document.querySelector("main").dataset.state = state.state;
  setText("status", words(training));
  const progress = byId("progress");
  if (state.state === "starting" || state.state === "saving") progress.removeAttribute("value");
  else progress.value = state.state === "none" ? 0 : Math.min(1, training.done / state.epochs);
  const elsewhere = training.isBusy && !mine.has(state.run) ? "Started on another page; only one network is trained at a time. " : "";
  const size = state.parameters ? `${count(state.parameters)} parameters · ` : "";
  setText("detail", state.state === "none" ? "" : `${elsewhere}${size}${inWords(state.choices)}`);
  setText("summary", summary(training)); // once per epoch; steps would be too frequent for a screen reader
}

function words({ state, done }) {
  const { steps_of_epoch: n, epochs, bundle } = state;
  const epoch = Math.min(epochs, Math.floor(done) + 1);
  const step = n ? state.step - (epoch - 1) * n : 0;
  const result = bundle ? ` ${percent(bundle.accuracy)} of the ${count(bundle.n)} held-out images are read correctly.` : "";
  switch (state.state) {
    case "none":
      return "Nothing has been trained yet.";
    case "starting":
      return "Starting; TensorFlow takes a few seconds to load.";
    case "running":
      return `Epoch ${epoch} of ${epochs}, step ${count(Math.max(0, step))} of ${count(n)}`;
    case "paused":
      return `Paused after ${Number(done.toFixed(1))} of ${epochs} epochs.`;
    case "saving":
      return "Calibrating and saving.";
    case "finished":
      return `Finished.${result}`;
    case "stopped":
      return `Stopped early.${result}`;
    default:
      return state.error;
  }
}

// For screen readers: a sentence per epoch and per change of state.
function summary(training) {
  const { state, rows, epochs } = training.state;
  if (state === "none") return "";
  if (state !== "running") return words(training);
  const last = rows.at(-1);
  if (!last) return "Training has started.";
  const losses = `loss ${lossText(last.loss)} on training images, ${lossText(last.val_loss)} on held-out images`;
  return `Epoch ${last.epoch} of ${epochs}: ${losses}, of which ${percent(last.val_accuracy)} are read correctly.`;
}

function setText(id, text) {
  const element = byId(id);
  if (element.textContent !== text) element.textContent = text; // avoids repeated announcements
}
