// START HERE: settings, the training as it happens, and the buttons that steer it.

import { Away, Refused } from "../common/client.js";
import { Chart } from "./chart.js";
import { look, sentence, steer } from "./lab.js";
import { listen } from "./listen.js";
import { showLooks } from "./looks.js";
import { offer, refreshModels, watchModels } from "./models.js";
import { showSamples } from "./samples.js";
import { blame, check, values, watchSettings } from "./settings.js";
import { showStanding } from "./standing.js";
import { Training } from "./training.js";

const byId = (id) => document.getElementById(id);
const training = new Training();
const charts = { loss: new Chart(byId("loss"), "loss"), accuracy: new Chart(byId("accuracy"), "share") };
const mine = new Set(JSON.parse(sessionStorage.getItem("inkling-runs") ?? "[]")); // trainings that this tab began

let looked = ""; // the look that is shown: RUN:N
let looking = false;
let drawing = 0; // the frame in which it will be drawn

function take(kind, data, id) {
  if (kind === "models") {
    refreshModels();
    look("training").then((state) => take("all", state), () => undefined);
    return;
  }
  training.take(kind, data, id);
  drawing ||= requestAnimationFrame(show);
}

function show() {
  drawing = 0;
  const { state } = training;
  showStanding(training, mine);
  offer(state);
  const epochs = Math.max(state.epochs ?? values().epochs ?? 1, 1);
  const line = (points, i) => points.map((point) => [point[0], point[i]]);
  const held = (name) => state.rows.map((row) => [row.epoch, row[name]]);
  charts.loss.show({ learning: line(state.curve, 1), held: held("val_loss"), epochs });
  charts.accuracy.show({ learning: line(state.curve, 2), held: held("val_accuracy"), epochs });
  lookInside();
}

async function lookInside() {
  const { run, snapshot } = training.state;
  const wanted = `${run}:${snapshot}`;
  if (looking || !snapshot || wanted === looked) return;
  looking = true;
  try {
    const found = await look("snapshot");
    looked = `${found.run}:${Math.max(found.n, found.run === run ? snapshot : 0)}`;
    if (found.run === training.state.run) showLooks(found);
  } catch {
    // the next one will do
  }
  looking = false;
}

async function tell(path, value) {
  byId("message").textContent = "";
  try {
    const state = await steer(path, value);
    if (path === "training") {
      mine.add(state.run);
      sessionStorage.setItem("inkling-runs", JSON.stringify([...mine]));
    }
    take("all", state);
  } catch (error) {
    if (!(error instanceof Refused || error instanceof Away)) throw error;
    if (error instanceof Refused && error.status === 400 && blame(error.message)) return;
    byId("message").textContent =
      error instanceof Refused ? sentence(error.message) : "The server is not answering just now. Try again in a moment.";
  }
}

byId("settings").addEventListener("submit", (event) => {
  event.preventDefault();
  if (check()) tell("training", values());
});
for (const command of ["pause", "resume", "more", "stop"]) {
  byId(command).addEventListener("click", () => tell(`training/${command}`));
}

if (matchMedia("(max-width: 60rem)").matches) document.querySelector(".settings details").open = false;
watchSettings((chosen) => {
  showSamples(chosen);
  drawing ||= requestAnimationFrame(show);
});
showSamples(values());
watchModels((state) => (state ? take("all", state) : look("training").then((all) => take("all", all))));
listen({ take, away: (isAway) => (byId("away").hidden = !isAway) });
show();
document.documentElement.dataset.ready = "true";
