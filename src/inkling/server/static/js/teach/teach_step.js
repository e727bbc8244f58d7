// Step 2: teaches the hand. The light step answers at once; a full teaching tells its progress by server-sent events.

import { byId } from "../common/dom.js";
import { eventsAddress, getHand, sentenceOf, teachHand } from "../common/hands_client.js";

const ASK_MS = 3000; // between two questions where there is no stream
const [light, full, status, progress] = [byId("teach-light"), byId("teach-full"), byId("teach-status"), byId("teach-progress")];

export class TeachStep {
  #busy = false;

  // `chooser` is the HandChooser; `taught(hand, version)` is called with a new version.
  constructor({ chooser, taught }) {
    Object.assign(this, { chooser, taught });
    light.addEventListener("click", () => this.#teach("light"));
    full.addEventListener("click", () => this.#teach("full"));
  }

  show(lessons) {
    const canTeachAll = this.chooser.kinds.includes("full");
    full.hidden = !canTeachAll;
    light.disabled = full.disabled = this.#busy || lessons === 0;
    if (this.#busy) return;
    byId("teach-words").textContent =
      lessons === 0
        ? "Keep a digit first."
        : `From ${lessons} ${lessons === 1 ? "digit" : "digits"}. Teach: about a second, only the last layer learns.${canTeachAll ? " Teach all layers: some minutes." : ""}`;
  }

  async #teach(kind) {
    const { name } = this.chooser;
    this.#busy = true;
    this.show(1);
    status.classList.remove("wrong");
    status.textContent = kind === "light" ? "Learning …" : "Starting …";
    try {
      const answer = await teachHand(name, kind);
      const { hand, version } = answer.version ? answer : await this.#followed(name);
      status.textContent = version.promoted
        ? `Version ${version.version} reads from the next stroke on. Draw again and watch.`
        : `Version ${version.version} is stored, but not used; see why below.`;
      this.taught(hand, version);
    } catch (error) {
      status.classList.add("wrong");
      status.textContent = error instanceof NotTaught ? error.message : sentenceOf(error);
    }
    this.#busy = false;
    progress.hidden = true;
    this.show(this.chooser.hand?.lessons ?? 0);
  }

  // Follows a full teaching to its end: {hand, version}.
  async #followed(name) {
    progress.hidden = false;
    progress.removeAttribute("value");
    const before = this.chooser.hand?.versions.at(-1)?.version ?? 0;
    const n = (await streamed(name)) ?? (await asked(name, before));
    const hand = await getHand(name);
    return { hand, version: hand.versions.find(({ version }) => version === n) };
  }
}

class NotTaught extends Error {}

// The number of the new version; null where the server gives no stream.
function streamed(name) {
  return new Promise((done, failed) => {
    const source = new EventSource(eventsAddress(name));
    const end = (settle, value) => {
      source.close();
      settle(value);
    };
    source.onerror = () => source.readyState === EventSource.CLOSED && end(done, null); // else the browser reconnects
    source.addEventListener("progress", ({ data }) => {
      const { stage, done: share } = JSON.parse(data);
      progress.value = share;
      status.textContent = `${stage} · ${Math.round(100 * share)} %`;
    });
    source.addEventListener("done", ({ data }) => end(done, JSON.parse(data).version));
    source.addEventListener("failed", ({ data }) => end(failed, new NotTaught(JSON.parse(data).error)));
    source.addEventListener("cancelled", () => end(failed, new NotTaught("The teaching was cancelled.")));
  });
}

async function asked(name, before) {
  for (;;) {
    const { versions } = await getHand(name);
    if (versions.at(-1)?.version > before) return versions.at(-1).version;
    await new Promise((done) => setTimeout(done, ASK_MS));
  }
}
