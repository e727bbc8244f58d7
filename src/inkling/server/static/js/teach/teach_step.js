// Step 2: teaches the hand. The light step takes one request; full teaching reports its progress as server-sent events.

import { byId } from "../common/dom.js";
import { cancelTeaching, eventsAddress, getHand, sentenceOf, teachHand, teachingState } from "../common/hands_client.js";

const ASK_MS = 3000; // between requests if there is no stream
const [light, full, cancel] = [byId("teach-light"), byId("teach-full"), byId("teach-cancel")];
const [status, progress] = [byId("teach-status"), byId("teach-progress")];

export class TeachStep {
  #busy = false;
  #followedName = ""; // the hand whose full teaching is shown

  // `chooser` is the HandChooser; `taught(hand, version)` is called with a new version.
  constructor({ chooser, taught }) {
    Object.assign(this, { chooser, taught });
    light.addEventListener("click", () => this.#teach("light"));
    full.addEventListener("click", () => this.#teach("full"));
    cancel.addEventListener("click", () => cancelTeaching(this.#followedName).catch((error) => (status.textContent = sentenceOf(error))));
  }

  // Shows the progress of full teaching that was started earlier, on another page or from the command line.
  async resume() {
    const { name, hand, kinds } = this.chooser;
    if (!hand || this.#busy || !kinds.includes("full")) return;
    try {
      const { state } = await teachingState(name);
      if (state === "running" && name === this.chooser.name) await this.#run(() => this.#followed(name));
    } catch (error) {
      status.textContent = sentenceOf(error);
    }
  }

  show(lessons) {
    const canTeachAll = this.chooser.kinds.includes("full");
    full.hidden = !canTeachAll;
    light.disabled = full.disabled = this.#busy || lessons === 0;
    if (this.#busy) return;
    byId("teach-words").textContent =
      lessons === 0
        ? "Keep a digit first."
        : `From ${lessons} ${lessons === 1 ? "digit" : "digits"}. Teach: about a second; only the last layer learns.${canTeachAll ? " Teach all layers: a few minutes." : ""}`;
  }

  #teach(kind) {
    const { name } = this.chooser;
    status.textContent = kind === "light" ? "Learning …" : "Starting …";
    return this.#run(async () => {
      const answer = await teachHand(name, kind);
      return answer.version ? answer : this.#followed(name);
    });
  }

  // `work` resolves to {hand, version}.
  async #run(work) {
    this.#busy = true;
    this.show(1);
    status.classList.remove("wrong");
    try {
      const { hand, version } = await work();
      status.textContent = version.promoted
        ? `Version ${version.version} is used from the next stroke on. Draw again and watch.`
        : `Version ${version.version} is stored, but not used; the reason is below.`;
      if (hand.name === this.chooser.name) this.taught(hand, version);
    } catch (error) {
      status.classList.add("wrong");
      status.textContent = error instanceof NotTaught ? error.message : sentenceOf(error);
    }
    this.#busy = false;
    progress.hidden = cancel.hidden = true;
    this.show(this.chooser.hand?.lessons ?? 0);
  }

  // Shows the progress of full teaching until it ends; resolves to {hand, version}.
  async #followed(name) {
    this.#followedName = name;
    progress.hidden = cancel.hidden = false;
    progress.removeAttribute("value");
    const n = (await streamed(name)) ?? (await asked(name));
    const hand = await getHand(name);
    return { hand, version: hand.versions.find(({ version }) => version === n) };
  }
}

class NotTaught extends Error {}

// The number of the new version; null if the server has no stream.
function streamed(name) {
  return new Promise((done, failed) => {
    const source = new EventSource(eventsAddress(name));
    const end = (settle, value) => {
      source.close();
      settle(value);
    };
    source.onerror = () => source.readyState === EventSource.CLOSED && end(done, null); // otherwise the browser reconnects
    source.addEventListener("progress", ({ data }) => {
      const { stage, done: share } = JSON.parse(data);
      showProgress(stage, share);
    });
    source.addEventListener("done", ({ data }) => end(done, JSON.parse(data).version));
    source.addEventListener("failed", ({ data }) => end(failed, new NotTaught(JSON.parse(data).error)));
    source.addEventListener("cancelled", () => end(failed, new NotTaught("Teaching was canceled.")));
  });
}

async function asked(name) {
  for (;;) {
    const { state, stage, done, version, error } = await teachingState(name);
    if (state === "done") return version;
    if (state !== "running") throw new NotTaught(error || "Teaching was canceled.");
    showProgress(stage, done);
    await new Promise((again) => setTimeout(again, ASK_MS));
  }
}

function showProgress(stage, share) {
  progress.value = share;
  status.textContent = `${stage} · ${Math.round(100 * share)} %`;
}
