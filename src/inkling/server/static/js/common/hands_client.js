// The HTTP API of hands: writers whose handwriting inkling learns.

import { ApiError, askJson, Unavailable } from "./api_client.js";

const LONG_MS = 60_000; // to learn from many lessons on a busy machine
const PAGE = 500; // lessons of one request
export const NONE = "none"; // the label of ink that is no digit

const at = (name, rest = "") => `hands/${encodeURIComponent(name)}${rest}`;

// {store, kinds, hands}. This and the others throw ApiError or Unavailable.
export const listHands = () => askJson("GET", "hands");
export const deleteHand = (name) => askJson("DELETE", at(name));
export const deleteLesson = (name, id) => askJson("DELETE", at(name, `/lessons/${id}`));
export const teachHand = (name, kind) => askJson("POST", at(name, "/teach"), { kind }, LONG_MS);
export const teachingState = (name) => askJson("GET", at(name, "/teach")); // of a full teaching
export const cancelTeaching = (name) => askJson("DELETE", at(name, "/teach"));
export const useVersion = (name, version) => askJson("POST", at(name, "/use"), { version });
export const versionMap = (name, version) => askJson("GET", at(name, `/versions/${version}/map`));
export const versionWeights = (name, version) => askJson("GET", at(name, `/versions/${version}/weights`));
export const eventsAddress = (name) => `/api/v1/${at(name, "/events")}`;
export const exportAddress = (name) => `/api/v1/${at(name, "/export")}`;

export async function getHand(name) {
  return (await askJson("GET", at(name))).hand;
}

// All lessons of a hand, the newest first.
export async function allLessons(name) {
  const found = [];
  for (;;) {
    const before = found.length ? `&before=${found.at(-1).id}` : "";
    const { lessons } = await askJson("GET", at(name, `/lessons?limit=${PAGE}${before}`));
    found.push(...lessons);
    if (lessons.length < PAGE) return found;
  }
}

// Stores the right labels of boxes [x, y, w, h] of a picture (a Blob): `lessons` are {box, label, said}, where a label of
// several digits cuts the box. `model` is that of the reading.
export async function keepLessons(name, { blob, lessons, model, source, session }) {
  return askJson("POST", at(name, "/lessons"), { image: await dataUrl(blob), lessons, model, source, session });
}

// The sentence of an API error, for the page to show; any other error is a bug of the page and is thrown again.
export function sentenceOf(error) {
  if (!(error instanceof ApiError || error instanceof Unavailable)) throw error;
  return error.message.charAt(0).toUpperCase() + error.message.slice(1);
}

// A label in the page's words.
export const named = (label) => (label === NONE || label === "" ? "not a digit" : label);

// What was read, in a word.
export const readAs = (label) => (label === NONE ? "refused" : label);

// "a 7", "an 8", "not a digit".
export function article(label) {
  if (label === NONE || label === "") return "not a digit";
  if (label.length > 1) return label;
  return label === "8" ? "an 8" : `a ${label}`;
}

function dataUrl(blob) {
  return new Promise((done, failed) => {
    const reader = new FileReader();
    reader.onload = () => done(reader.result);
    reader.onerror = () => failed(new Unavailable("The picture cannot be opened any more. Choose it again."));
    reader.readAsDataURL(blob);
  });
}
