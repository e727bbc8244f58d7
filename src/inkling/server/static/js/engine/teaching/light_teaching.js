// START HERE: light teaching in the page. Learns a last layer from lessons, and promotes it only if it is an
// improvement. The same computation as inkling.hands.light_teaching, but with a sample of the replayed images.
import { grey } from "../image/grey.js";
import { warpAffine } from "../image/warp.js";
import { checked, temperatureOf } from "./guards.js";
import { fit, rootOf } from "./last_layer.js";
import { beside, concatenated, rowsAt, transposedTimes } from "./linear_algebra.js";
import { answersOf, CLASSES, probsOf } from "./replay.js";
import { canHoldBack, halvesOf, LABELS, reportOf } from "./verdict.js";

const SIDE = 28;
const STRENGTHS = Array.from({ length: 7 }, (_, k) => 30 * 2 ** k); // the first one with which all guards pass is used
const REPLAY_WEIGHT = 3; // per image represented, at the first strength; a correctly read lesson has weight 1
const VERSIONS = [[8, 0], [-8, 0], [0, 0.15], [0, -0.15]]; // of a misread lesson, if there are few: degrees, slant
const FEW = 200; // weight of the only misread lesson of a label; if there are n, each has FEW / n^2, at least 1
const MOST_PROTOTYPES = 64;
const MOST_VARIED = Math.floor(MOST_PROTOTYPES / (VERSIONS.length + 1)); // most misread lessons whose versions all fit

// `lessons`: [{ id, tile: 784 levels 0..255, label, session, sha256 }] without contradictions; at least one. -> {
// learned: { lastLayer, prototypes, temperature }, report }; `report.change`: 11 rows, the change of the last layer.
export function teach(lessons, network, replay) {
  const started = performance.now();
  const lesson = new LightLesson(lessons, network, replay);
  const { strength, learned, guards } = lesson.learnWithinGuards();
  const outcome = {
    labels: lesson.labels,
    before: lesson.original,
    after: lesson.read(learned),
    heldBack: lesson.heldBack(strength),
  };
  const temperature = lesson.temperature(learned);
  const report = {
    ...reportOf(lessons, outcome, guards),
    change: lesson.changeOf(learned),
    strength,
    temperature: { before: network.head.manifest.temperature, after: temperature },
    took_s: Math.round(performance.now() - started) / 1000,
  };
  return { learned: { ...learned, temperature }, report };
}

// n tiles of 784 numbers, 0 to 1 -> features (n, F), the last of them 1.
export function featuresOf(network, tiles, size) {
  const values = network.features(tiles);
  const n = values.length / (size - 1);
  return beside(Float64Array.from(values), size - 1, new Float64Array(n).fill(1), 1);
}

// The network's own last layer as (11, F), the biases last.
function originalLayer(network) {
  const { weights, bias } = network.weights().layers.at(-1);
  return beside(Float64Array.from(weights), weights.length / CLASSES, Float64Array.from(bias), 1);
}

class LightLesson {
  #replay;
  #network;
  #rejectAt;
  #original;
  #replayProbs;
  #shown; // rows of the replayed images that are used for learning
  #roots = new Map(); // by prototypes
  #versions = new Map(); // misread lesson -> features of its versions

  constructor(lessons, network, replay) {
    this.#network = network;
    this.#replay = replay;
    this.#rejectAt = network.head.manifest.reject_at;
    this.#original = { lastLayer: originalLayer(network), prototypes: new Float64Array() };
    this.#replayProbs = probsOf(this.#original, replay.features, replay);
    this.#shown = [...replay.shown.keys()].filter((i) => replay.shown[i]);
    const tiles = lessons.map(({ tile }) => Float32Array.from(tile, (level) => level / 255));
    this.features = featuresOf(network, Float32Array.from(tiles.flatMap((tile) => [...tile])), replay.size);
    this.labels = lessons.map(({ label }) => LABELS.indexOf(label));
    this.original = this.read(this.#original);
    this.before = this.labels.map((label, i) => this.original[i] === label);
    this.halves = halvesOf(lessons, this.before);
    const few = [...this.labels.keys()].filter((i) => !this.before[i]);
    if (few.length <= 2 * MOST_VARIED)
      for (const i of few) this.#versions.set(i, VERSIONS.map((version) => this.#featuresOfVersion(tiles[i], version)));
  }

  #featuresOfVersion(tile, [degrees, slant]) {
    const turn = (degrees * Math.PI) / 180;
    const [a, b, c, d] = [Math.cos(turn), slant - Math.sin(turn), Math.sin(turn), Math.cos(turn)];
    const middle = (SIDE - 1) / 2;
    const matrix = [a, b, middle - (a + b) * middle, c, d, middle - (c + d) * middle];
    return featuresOf(this.#network, warpAffine(grey(SIDE, SIDE, tile), matrix, SIDE, SIDE).data, this.#replay.size);
  }

  // The readings of the lessons: indices into LABELS.
  read(learned) {
    return answersOf(probsOf(learned, this.features, this.#replay), this.#rejectAt);
  }

  // The layer of the first strength with which all guards pass, or else of the last strength.
  learnWithinGuards() {
    const everything = [...this.labels.keys()];
    let found;
    for (const strength of STRENGTHS) {
      const learned = this.#learn(everything, strength);
      const guards = checked(this.#replay, this.#replayProbs, probsOf(learned, this.#replay.features, this.#replay), this.#rejectAt);
      found = { strength, learned, guards };
      if (guards.every(({ ok }) => ok)) break;
    }
    return found;
  }

  // The reading of each lesson by a layer learned from the other half; null if there are too few lessons or too few
  // misread ones.
  heldBack(strength) {
    if (!canHoldBack(this.before)) return null;
    const read = [0, 1].map((half) => this.read(this.#learn([...this.labels.keys()].filter((i) => this.halves[i] !== half), strength)));
    return this.labels.map((_, i) => read[this.halves[i]][i]);
  }

  changeOf({ lastLayer }) {
    const [size, width] = [this.#replay.size, lastLayer.length / CLASSES];
    const before = this.#original.lastLayer;
    return LABELS.map((_, c) => Array.from({ length: size }, (__, k) => lastLayer[c * width + k] - before[c * size + k]));
  }

  temperature(learned) {
    const after = probsOf(learned, this.#replay.features, this.#replay);
    return temperatureOf(this.#replay, this.#replayProbs, after, this.#network.head.manifest.temperature);
  }

  #learn(rows, strength) {
    const { size, metric } = this.#replay;
    const misread = rows.filter((i) => !this.before[i]);
    const weights = this.#weights(rows);
    let own = rowsAt(this.features, spread(misread), size);
    let features = rowsAt(this.features, rows, size);
    const labels = rows.map((i) => this.labels[i]);
    if (misread.length > 0 && misread.length <= MOST_VARIED && this.#versions.size) {
      rows.forEach((i, k) => (weights[k] /= this.before[i] ? 1 : VERSIONS.length + 1));
      const weightOf = new Map(rows.map((i, k) => [i, weights[k]]));
      for (let v = 0; v < VERSIONS.length; v++)
        for (const i of misread) {
          const version = this.#versions.get(i)[v];
          own = concatenated(own, version);
          features = concatenated(features, version);
          labels.push(this.labels[i]);
          weights.push(weightOf.get(i));
        }
    }
    const shown = rowsAt(this.#replay.features, this.#shown, size);
    const nearest = (some) => (own.length ? metric.nearness(some, own) : new Float64Array());
    const n = own.length / size;
    const replayWeight = (REPLAY_WEIGHT * strength) / STRENGTHS[0];
    const lastLayer = fit({
      start: beside(this.#original.lastLayer, size, new Float64Array(CLASSES * n), n),
      features: concatenated(beside(features, size, nearest(features), n), beside(shown, size, nearest(shown), n)),
      target: concatenated(oneHot(labels), rowsAt(this.#replayProbs, this.#shown, CLASSES)),
      weights: [...weights, ...this.#shown.map((i) => replayWeight * this.#replay.weights[i])],
      root: this.#rootWith(own, n),
      strength,
      size: size + n,
      classes: CLASSES,
    });
    return { lastLayer, prototypes: own };
  }

  // The whitening matrix of ordinary features and their similarities to n prototypes; cached, because each strength
  // needs it.
  #rootWith(own, n) {
    const key = own.join();
    if (!this.#roots.has(key)) {
      const { size, secondMoment, metric, features } = this.#replay;
      const moment = n ? this.#secondMoment(metric.nearness(features, own), n) : secondMoment;
      this.#roots.set(key, rootOf(moment, size + n));
    }
    return this.#roots.get(key);
  }

  // The second moment of features and similarities (`nearness`, (N, n)) to n prototypes.
  #secondMoment(nearness, n) {
    const { size, secondMoment, features, weights } = this.#replay;
    const total = weights.reduce((a, b) => a + b, 0);
    const weighted = nearness.map((value, i) => (value * weights[Math.floor(i / n)]) / total);
    const crossed = transposedTimes(weighted, features, n, size); // (n, F)
    const inner = transposedTimes(weighted, nearness, n, n);
    const found = new Float64Array((size + n) ** 2);
    const put = (i, j, value) => (found[i * (size + n) + j] = value);
    for (let i = 0; i < size; i++) for (let j = 0; j < size; j++) put(i, j, secondMoment[i * size + j]);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < size; j++) {
        put(size + i, j, crossed[i * size + j]);
        put(j, size + i, crossed[i * size + j]);
      }
      for (let j = 0; j < n; j++) put(size + i, size + j, inner[i * n + j]);
    }
    return found;
  }

  #weights(rows) {
    const misread = rows.filter((i) => !this.before[i]);
    const nOf = (label) => misread.filter((i) => this.labels[i] === label).length;
    return rows.map((i) => (this.before[i] ? 1 : Math.max(1, FEW / nOf(this.labels[i]) ** 2)));
  }
}

// At most MOST_PROTOTYPES of the numbers, spread evenly.
function spread(numbers) {
  const n = Math.min(numbers.length, MOST_PROTOTYPES);
  const at = Array.from({ length: n }, (_, k) => Math.floor(n === 1 ? 0 : (k * (numbers.length - 1)) / (n - 1)));
  return [...new Set(at)].map((i) => numbers[i]);
}

function oneHot(labels) {
  const found = new Float64Array(labels.length * CLASSES);
  labels.forEach((label, i) => (found[i * CLASSES + label] = 1));
  return found;
}
