// The engine for pages: networks that read in the browser, in a worker thread.
//
// const engine = await openEngine({ network: "cnn" });
// const { text, digits } = await engine.read(await createImageBitmap(canvas));
import { fetchWithKey } from "../common/api_key.js";
import { isStatic, networkAddress, networksAddress, replayAddress } from "../common/site.js";
import { EngineUnavailable } from "./unavailable.js";

export { EngineUnavailable };

const LINE = "line"; // the network that reads rows

// -> an Engine whose `network` is ready to read. Rejects with EngineUnavailable, whose message is written for users.
export async function openEngine({ network = "cnn" } = {}) {
  if (typeof Worker === "undefined" || typeof WebAssembly === "undefined" || typeof DecompressionStream === "undefined")
    throw new EngineUnavailable("This browser cannot run networks: it lacks workers or WebAssembly. Use a newer one.");
  const engine = new Engine(await listOfNetworks());
  await engine.load(network);
  return engine;
}

class Engine {
  #worker = new Worker(new URL("worker.js", import.meta.url), { type: "module" });
  #networks; // as GET /api/v1/models lists them
  #loads = new Map(); // name -> promise of the head of its file
  #replays = new Map(); // name -> promise that resolves when its replayed images are loaded
  #calls = new Map(); // id -> { resolve, reject }
  #lastId = 0;

  constructor(networks) {
    this.#networks = networks;
    this.#worker.addEventListener("message", ({ data }) => this.#hear(data));
    this.#worker.addEventListener("error", (event) => this.#fail(event));
  }

  // [{ name, version, parameters, title }]
  networks() {
    return this.#networks.map(({ name, version, parameters, title }) => ({ name, version, parameters, title }));
  }

  // Resolves to the head of a network's file when the network is ready to read.
  load(name) {
    if (!this.#loads.has(name)) {
      const loading = this.#load(name);
      this.#loads.set(name, loading);
      loading.catch(() => this.#loads.delete(name)); // so that the next call retries
    }
    return this.#loads.get(name);
  }

  // An ImageData, ImageBitmap or Blob -> the answer of POST /api/v1/read?explain=tiles, with `made`: "page". `steps`:
  // also return the result of each stage; `off`: stages to skip; see reader.js. `learned`: the layer that `teach`
  // returned, used instead of the network's last layer.
  async read(image, { network = "cnn", mode = "auto", steps = false, off = [], learned = null } = {}) {
    const started = performance.now();
    const { version } = await this.load(network);
    if (learned) await this.#loadReplay(network);
    const answer = await this.#ask("read", { network, image, mode, steps, off, learned });
    this.#loadLineWhenIdle();
    return {
      ok: true,
      ...answer,
      model: { name: network, version },
      took_ms: Math.round((performance.now() - started) * 100) / 100,
      made: "page",
    };
  }

  // Float32Array of n * 784, 0 to 1, 1 = ink -> { probs: n * 10, calibrated; notDigit: n }
  async classify(tiles, { network = "cnn" } = {}) {
    await this.load(network);
    return this.#ask("classify", { network, tiles });
  }

  // One tile -> [{ name, type, shape: [h, w, c] or [n], values }]: the output of every layer, the logits last.
  async layers(tile, { network = "cnn" } = {}) {
    await this.load(network);
    return this.#ask("layers", { network, tile });
  }

  // -> { layers }: { weights, bias } or null for each layer, in the order of `layers`. Convolutions are (O, h, w, I),
  // depthwise ones (h, w, O), dense layers (O, I).
  async weights({ network = "cnn" } = {}) {
    await this.load(network);
    return this.#ask("weights", { network });
  }

  // Learns from lessons [{ id, tile: 784 levels 0..255, label, session, sha256 }] that do not contradict each other ->
  // { learned, report }, see teaching/light_teaching.js.
  async teach(lessons, { network = "cnn" } = {}) {
    await this.load(network);
    await this.#loadReplay(network);
    return this.#ask("teach", { network, lessons });
  }

  // Ends the thread.
  close() {
    this.#worker.terminate();
  }

  async #load(name) {
    let bytes;
    let failure;
    try {
      bytes = await bytesAt(networkAddress(name, this.#versionOf(name)), "The network");
    } catch (error) {
      failure = error.message;
    }
    return this.#ask("load", { name, bytes, failure }, bytes ? [bytes.buffer] : []);
  }

  #loadReplay(network) {
    const load = async () => {
      const bytes = await bytesAt(replayAddress(network, this.#versionOf(network)), "The data for teaching");
      return this.#ask("loadReplay", { network, bytes }, [bytes.buffer]);
    };
    if (!this.#replays.has(network)) {
      const loading = load();
      this.#replays.set(network, loading);
      loading.catch(() => this.#replays.delete(network));
    }
    return this.#replays.get(network);
  }

  #versionOf(name) {
    return this.#networks.find((network) => network.name === name)?.version;
  }

  // Loads the row network early, so that the first row is read sooner.
  #loadLineWhenIdle() {
    if (this.#loads.has(LINE)) return;
    const load = () => this.load(LINE).catch(() => {});
    if (typeof requestIdleCallback === "undefined") setTimeout(load, 500);
    else requestIdleCallback(load);
  }

  #ask(call, given, transferred = []) {
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve, reject) => {
      this.#calls.set(id, { resolve, reject });
      this.#worker.postMessage({ id, call, ...given }, transferred);
    });
  }

  #hear({ id, value, error, need }) {
    if (need) {
      this.load(need).catch(() => {}); // the call that needs it reports the error
      return;
    }
    const { resolve, reject } = this.#calls.get(id);
    this.#calls.delete(id);
    if (error) reject(error.name === "EngineUnavailable" ? new EngineUnavailable(error.message) : Object.assign(new Error(error.message), { name: error.name }));
    else resolve(value);
  }

  // Rejects all pending calls when the thread cannot start or has crashed.
  #fail({ message }) {
    for (const { reject } of this.#calls.values())
      reject(new EngineUnavailable(`Networks cannot run in this page (${message ?? "the thread did not start"}). Reload it.`));
    this.#calls.clear();
  }
}

// The networks that are available.
async function listOfNetworks() {
  const { models } = await (await answered(networksAddress(), "The list of networks")).json();
  return models;
}

const bytesAt = async (address, what) => new Uint8Array(await (await answered(address, what)).arrayBuffer());

async function answered(address, what) {
  let response;
  try {
    response = await (isStatic ? fetch(address) : fetchWithKey(address));
  } catch {
    throw new EngineUnavailable(`${what} cannot be loaded: there is no connection. Try again later.`);
  }
  if (!response.ok) {
    const { error } = await response.json().catch(() => ({}));
    throw new EngineUnavailable(error ?? `${what} cannot be loaded (status ${response.status}). Reload the page.`);
  }
  return response;
}
