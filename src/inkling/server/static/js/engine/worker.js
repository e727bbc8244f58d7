// The engine's thread. Each message names one of the calls below and gets one answer: { id, value } or { id, error }.
// The thread asks the page for a network that it lacks: { need: name }, answered by a call to `load`.
import { loadKernels, loadNetwork } from "./networks.js";
import { classProbabilities } from "./probabilities.js";
import { makeReader } from "./reader.js";
import { featuresOf, teach } from "./teaching/light_teaching.js";
import { probsOf, readReplay } from "./teaching/replay.js";
import { EngineUnavailable } from "./unavailable.js";

const LINE = "line";
const TILE = 28 * 28; // numbers

const kernels = loadKernels();
kernels.catch(() => {}); // loading a network reports the error
const networks = new Map(); // name -> promise of a Network
const replays = new Map(); // name of a network -> its replayed images
const awaited = new Map(); // name -> resolve and reject of a promise in `networks`

const CALLS = {
  // Takes the bytes of a network's file, or the reason why there are none.
  async load({ name, bytes, failure }) {
    const { resolve, reject } = awaited.get(name) ?? {};
    awaited.delete(name);
    const loading = failure ? Promise.reject(new EngineUnavailable(failure)) : kernels.then((k) => loadNetwork(bytes, k));
    if (resolve) loading.then(resolve, reject);
    else networks.set(name, loading);
    loading.catch(() => networks.delete(name)); // so that the next call tries again
    return (await loading).head;
  },

  async classify({ network, tiles }) {
    return (await networkOf(network)).classify(tiles);
  },

  async layers({ network, tile }) {
    return (await networkOf(network)).layers(tile);
  },

  async weights({ network }) {
    return (await networkOf(network)).weights();
  },

  async read({ network, image, learned, ...options }) {
    return (await readerOf(network, learned)).read(image, options);
  },

  async loadReplay({ network, bytes }) {
    replays.set(network, await readReplay(bytes));
  },

  async teach({ network, lessons }) {
    return teach(lessons, await networkOf(network), replays.get(network));
  },
};

// `learned`: a hand's last layer, which replaces the network's; it needs the replayed images that `loadReplay` stored.
async function readerOf(network, learned) {
  const classifier = await networkOf(network);
  const classifyTaught = (tiles) => {
    const replay = replays.get(network);
    const probs = probsOf(learned, featuresOf(classifier, tiles, replay.size), replay);
    return classProbabilities(probs, tiles.length / TILE, learned.temperature);
  };
  return makeReader({
    classify: learned ? classifyTaught : (tiles) => classifier.classify(tiles),
    manifest: classifier.head.manifest,
    recognise: async (line) => (await networkOf(LINE)).recognise(line),
    lineManifest: async () => (await networkOf(LINE)).head.manifest,
  });
}

// A loaded network, or one requested from the page.
function networkOf(name) {
  if (!networks.has(name)) {
    networks.set(name, new Promise((resolve, reject) => awaited.set(name, { resolve, reject })));
    postMessage({ need: name });
  }
  return networks.get(name);
}

addEventListener("message", async ({ data: { id, call, ...given } }) => {
  try {
    postMessage({ id, value: await CALLS[call](given) });
  } catch (error) {
    postMessage({ id, error: { name: error.name, message: error.message } });
  }
});
