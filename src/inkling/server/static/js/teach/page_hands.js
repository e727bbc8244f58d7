// Hands without a server: this page teaches, and this browser stores the lessons. The calls and answers are the same as
// those of the hands API; see common/hands_client.js.
import { ApiError } from "../common/api_client.js";
import { pageEngine } from "../common/page_engine.js";
import { greyPngOf } from "../common/png.js";
import { changed, stored } from "./hand_store.js";
import { lessonsOfZip, zipOf } from "./lesson_zip.js";

const NETWORK = "cnn"; // the network that can be taught
const LABELS = [..."0123456789", "none"];
const MAX_LESSONS = 5000;

export async function listHands() {
  const hands = await stored((all) => all.getAll());
  return { store: "this browser", kinds: ["light"], hands: await Promise.all(hands.map(described)) };
}

export async function getHand(name) {
  return described(await handOf(name));
}

export async function deleteHand(name) {
  await changed((hands, lessons) => {
    lessons.index("hand").openKeyCursor(IDBKeyRange.only(name)).onsuccess = ({ target: { result } }) => {
      if (!result) return;
      lessons.delete(result.primaryKey);
      result.continue();
    };
    return hands.delete(name);
  });
}

export const deleteLesson = (name, id) => changed((_, lessons) => lessons.delete(id));

// All lessons of a hand, the newest first.
export async function allLessons(name) {
  const lessons = await lessonsOf(name);
  return lessons.map((lesson) => withContradictions(lesson, lessons)).reverse();
}

// Stores a digit of a picture as a lesson: the one that overlaps the `box` most, or all ink if there is no box.
export async function keepLessons(name, { blob, lessons: [{ box, label, said }], source, session }) {
  if (label.length > 1 && !LABELS.includes(label)) throw wrong("Digits that touch cannot be stored in this browser. Write them separately.");
  const { digits, others } = await (box ? (await opened()).read(blob, { network: NETWORK }) : readDigit(blob));
  const glyphs = [...digits, ...others.filter(({ tile }) => tile)];
  const ink = box ? mostOverlapping(glyphs, box) : glyphs[0];
  if (!ink) throw wrong("There is no digit here. Write it again.");
  return kept(name, [{ tile: Uint8Array.from(ink.tile.flat()), label, said, source, session }]);
}

function mostOverlapping(glyphs, [x, y, w, h]) {
  const shared = (from, length, otherFrom, otherLength) => Math.min(from + length, otherFrom + otherLength) - Math.max(from, otherFrom);
  const overlap = ({ box: [left, top, width, height] }) => Math.max(0, shared(x, w, left, width)) * Math.max(0, shared(y, h, top, height));
  const best = glyphs.reduce((found, glyph) => (found && overlap(found) >= overlap(glyph) ? found : glyph), null);
  return best && overlap(best) > 0 ? best : null;
}

// Imports the lessons of a zip that this page or a server exported.
export async function importHand(name, file) {
  const lessons = await lessonsOfZip(new Uint8Array(await file.arrayBuffer()));
  return kept(name, lessons.map((lesson) => ({ ...lesson, said: "", source: file.name, session: file.name })));
}

// A zip of LABEL__x.png, in the format of a server's export.
export async function exportHand(name) {
  const lessons = await lessonsOf(name);
  return zipOf(lessons.map(({ label, sha256, png }) => [`${label}__${sha256.slice(0, 16)}.png`, png]));
}

export async function teachHand(name) {
  const lessons = await lessonsOf(name);
  const usable = lessons.filter((lesson) => withContradictions(lesson, lessons).contradicts.length === 0);
  if (usable.length === 0) throw wrong("There is nothing to learn from: no digit is kept, or labels contradict each other. Keep a digit first.");
  const engine = await opened();
  const { learned, report } = await engine.teach(usable.map(({ id, tile, label, session, sha256 }) => ({ id, tile, label, session, sha256 })));
  const hand = await handOf(name);
  const version = (hand.versions.at(-1)?.version ?? 0) + 1;
  const { name: model, version: modelVersion } = engine.networks().find((network) => network.name === NETWORK);
  hand.versions.push({ ...report, version, kind: "light", created: now(), model: { name: model, version: modelVersion }, learned });
  if (report.promoted) hand.active = version;
  await changed((hands) => hands.put(hand));
  const answer = await described(hand);
  return { hand: answer, version: answer.versions.at(-1) };
}

export async function useVersion(name, version) {
  const hand = await handOf(name);
  hand.active = version;
  await changed((hands) => hands.put(hand));
  return { hand: await described(hand) };
}

// A version's changes to the last layer: { labels, change: 11 rows of F, prototypes: 11 rows of P }.
export async function versionWeights(name, version) {
  const { learned, change } = (await handOf(name)).versions.find((each) => each.version === version);
  const size = change[0].length;
  const width = learned.lastLayer.length / LABELS.length;
  const prototypes = LABELS.map((_, i) => [...learned.lastLayer.subarray(i * width + size, (i + 1) * width)]);
  return { labels: LABELS, change, prototypes };
}

// Reads the drawing as one digit with the version in use of the hand `name`, or with the original network.
export async function readDigit(blob, name = "") {
  const engine = await opened();
  const learned = (await learnedBy(name))?.learned ?? null;
  return engine.read(blob, { network: NETWORK, mode: "single", learned });
}

// The version of a hand that is in use, { version, model, learned }; null if the original network reads.
export async function learnedBy(name) {
  const hand = name && (await stored((hands) => hands.get(name)));
  return (hand && hand.versions.find(({ version }) => version === hand.active)) || null;
}

async function opened() {
  const engine = await pageEngine(NETWORK).catch((error) => {
    throw wrong(error.message);
  });
  if (!engine) throw wrong("Networks cannot run in this browser; one with WebAssembly was expected. Use a newer one.");
  return engine;
}

async function kept(name, lessons) {
  const known = await lessonsOf(name);
  if (known.length + lessons.length > MAX_LESSONS) throw wrong(`This browser stores at most ${MAX_LESSONS} digits per hand. Delete some.`);
  const records = await Promise.all(lessons.map((lesson) => recordOf(name, lesson)));
  const fresh = records.filter(({ sha256, label }, i) => {
    const same = (other) => other.sha256 === sha256 && other.label === label;
    return !known.some(same) && records.findIndex(same) === i;
  });
  await changed((hands, all) => {
    fresh.forEach((record) => all.add(record));
    hands.get(name).onsuccess = ({ target }) => target.result ?? hands.add({ name, created: now(), active: 0, versions: [] });
  });
  const all = await lessonsOf(name);
  const isOne = ({ sha256, label }) => records.some((record) => record.sha256 === sha256 && record.label === label);
  const found = all.filter(isOne).map((lesson) => withContradictions(lesson, all));
  const contradictions = all.filter(({ id }) => found.some(({ contradicts }) => contradicts.includes(id)));
  return { hand: await getHand(name), stored: fresh.length, lessons: found, contradictions };
}

async function recordOf(hand, lesson) {
  const png = new Uint8Array(await (await greyPngOf(imageOf(lesson.tile))).arrayBuffer());
  const image = `data:image/png;base64,${btoa(String.fromCharCode(...png))}`;
  return { ...lesson, hand, png, image, sha256: await hashOf(lesson.tile), created: now() };
}

function imageOf(tile) {
  const image = new ImageData(28, 28);
  tile.forEach((level, i) => image.data.set([level, level, level, 255], 4 * i));
  return image;
}

// A key that is equal for equal pictures: a hash, or all pixels where the browser offers no `crypto.subtle` (without
// HTTPS).
async function hashOf(tile) {
  if (!crypto.subtle) return Array.from(tile, (level) => level.toString(16).padStart(2, "0")).join("");
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", tile));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

const lessonsOf = (name) => stored((_, lessons) => lessons.index("hand").getAll(name));

async function handOf(name) {
  const hand = await stored((hands) => hands.get(name));
  if (!hand) throw wrong(`This browser has no hand ${JSON.stringify(name)}. Keep a digit first.`);
  return hand;
}

async function described(hand) {
  const lessons = await lessonsOf(hand.name);
  const digits = Object.fromEntries(LABELS.map((label) => [label, lessons.filter((lesson) => lesson.label === label).length]));
  return {
    ...hand,
    lessons: lessons.length,
    misread: lessons.filter(({ said, label }) => said && said !== label).length,
    digits,
    versions: hand.versions.map(({ learned, change, ...version }) => version),
  };
}

const withContradictions = (lesson, lessons) => ({
  ...lesson,
  contradicts: lessons.filter(({ sha256, label }) => sha256 === lesson.sha256 && label !== lesson.label).map(({ id }) => id),
});

const now = () => new Date().toISOString().replace(/\.\d+Z$/, "Z");
const wrong = (error) => new ApiError({ kind: "NotHere", error }, 0);
