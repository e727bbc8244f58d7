// START HERE: the settings form, the live state of the training, and the buttons that control it.

import { ApiError, Unavailable } from "../common/api_client.js";
import { LearningCurve } from "./learning_curve.js";
import { example } from "./example.js";
import { getJson, postJson, sentence } from "./lab_client.js";
import { subscribe } from "./live_events.js";
import { showSnapshot } from "./snapshot.js";
import { offer, refreshModels, watchModels } from "./kept_models.js";
import { OwnDigit } from "./own_digit.js";
import { showSamples } from "./augmented_samples.js";
import { check, showServerError, values, watchSettings } from "./settings.js";
import { showStatus } from "./status.js";
import { TrainingState } from "./training_state.js";

const byId = (id) => document.getElementById(id);
const training = new TrainingState();
const charts = { loss: new LearningCurve(byId("loss"), "loss"), accuracy: new LearningCurve(byId("accuracy"), "share") };
const mine = new Set(JSON.parse(sessionStorage.getItem("inkling-runs") ?? "[]")); // training runs that this tab started

const ownDigit = new OwnDigit({ failed: showFailure });
let shownSnapshot = ""; // RUN:N of the visible snapshot
let isLoading = false;
let drawing = 0; // the pending animation frame

function take(kind, data, id) {
  if (kind === "models") {
    refreshModels();
    getJson("training").then((state) => take("all", state), () => undefined);
    return;
  }
  training.take(kind, data, id);
  drawing ||= requestAnimationFrame(show);
}

function show() {
  drawing = 0;
  const { state } = training;
  showStatus(training, mine);
  offer(state);
  const epochs = Math.max(state.epochs ?? values().epochs ?? 1, 1);
  ownDigit.show({ ...state, epochs });
  const isExample = !state.snapshot && !state.curve.length; // there is no training run to show yet
  if (isExample) return showExample();
  byId("example").hidden = true;
  const line = (points, i) => points.map((point) => [point[0], point[i]]);
  const heldOut = (name) => state.rows.map((row) => [row.epoch, row[name]]);
  charts.loss.show({ training: line(state.curve, 1), heldOut: heldOut("val_loss"), epochs });
  charts.accuracy.show({ training: line(state.curve, 2), heldOut: heldOut("val_accuracy"), epochs });
  return loadSnapshot();
}

async function showExample() {
  let found;
  try {
    found = await example();
  } catch {
    return; // the page works without it
  }
  const { snapshot, curve } = training.state;
  if (snapshot || curve.length) return; // a training run has started in the meantime
  if (!byId("example").hidden) return;
  byId("example").hidden = false;
  shownSnapshot = "";
  for (const [name, chart] of Object.entries(charts)) chart.show(found[name]);
  found.show();
}

async function loadSnapshot() {
  const { run, snapshot } = training.state;
  const wanted = `${run}:${snapshot}`;
  if (isLoading || !snapshot || wanted === shownSnapshot) return;
  isLoading = true;
  try {
    const found = await getJson("snapshot");
    shownSnapshot = `${found.run}:${Math.max(found.n, found.run === run ? snapshot : 0)}`;
    if (found.run === training.state.run) showSnapshot(found);
  } catch {
    // the next snapshot follows
  }
  isLoading = false;
}

async function send(path, value) {
  byId("message").textContent = "";
  try {
    const state = await postJson(path, value);
    if (path === "training") {
      mine.add(state.run);
      sessionStorage.setItem("inkling-runs", JSON.stringify([...mine]));
    }
    take("all", state);
  } catch (error) {
    if (error instanceof ApiError && error.status === 400 && showServerError(error.message)) return;
    showFailure(error);
  }
}

function showFailure(error) {
  if (!(error instanceof ApiError || error instanceof Unavailable)) throw error;
  byId("message").textContent =
    error instanceof ApiError ? sentence(error.message) : "The server is not answering. Try again in a moment.";
}

byId("settings").addEventListener("submit", (event) => {
  event.preventDefault();
  if (check()) send("training", values());
});
for (const command of ["pause", "resume", "more", "stop"]) {
  byId(command).addEventListener("click", () => send(`training/${command}`));
}

if (matchMedia("(max-width: 60rem)").matches) document.querySelector(".settings details").open = false;
watchSettings((chosen) => {
  showSamples(chosen);
  drawing ||= requestAnimationFrame(show);
});
showSamples(values());
watchModels((state) => (state ? take("all", state) : getJson("training").then((all) => take("all", all))));
subscribe({ take, offline: (isOffline) => (byId("offline").hidden = !isOffline) });
show();
document.documentElement.dataset.ready = "true";
