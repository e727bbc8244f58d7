// Hands: writers whose handwriting inkling learns. A server keeps them, or, on a Teach page without one, this browser.

import { ApiError, askJson, read, Unavailable } from "./api_client.js";
import { fetchWithKey } from "./api_key.js";

const LONG_MS = 60_000; // to learn from many lessons on a busy machine
const PAGE = 500; // lessons of one request
export const NONE = "none"; // the label of ink that is no digit

// Whether this page teaches by itself.
export const teachesHere = document.querySelector("[data-teaches-here]") !== null;

const at = (name, rest = "") => `hands/${encodeURIComponent(name)}${rest}`;
const here = teachesHere ? await import("../teach/page_hands.js") : null;

// The same calls, answered by the HTTP API.
const there = {
  listHands: () => askJson("GET", "hands"),
  getHand: async (name) => (await askJson("GET", at(name))).hand,
  deleteHand: (name) => askJson("DELETE", at(name)),
  deleteLesson: (name, id) => askJson("DELETE", at(name, `/lessons/${id}`)),
  teachHand: (name, kind) => askJson("POST", at(name, "/teach"), { kind }, LONG_MS),
  useVersion: (name, version) => askJson("POST", at(name, "/use"), { version }),
  versionWeights: (name, version) => askJson("GET", at(name, `/versions/${version}/weights`)),
  readDigit: (blob, hand = "") => read(blob, { mode: "single", hand }),

  async allLessons(name) {
    const found = [];
    for (;;) {
      const before = found.length ? `&before=${found.at(-1).id}` : "";
      const { lessons } = await askJson("GET", at(name, `/lessons?limit=${PAGE}${before}`));
      found.push(...lessons);
      if (lessons.length < PAGE) return found;
    }
  },

  async keepLessons(name, { blob, lessons, model, source, session }) {
    return askJson("POST", at(name, "/lessons"), { image: await dataUrl(blob), lessons, model, source, session });
  },

  async exportHand(name) {
    const response = await fetchWithKey(`/api/v1/${at(name, "/export")}`);
    if (!response.ok) throw new ApiError(await response.json(), response.status);
    return response.blob();
  },
};

// These throw ApiError or Unavailable.
export const {
  listHands, // {store, kinds, hands}
  getHand,
  deleteHand,
  allLessons, // of a hand, the newest first
  // Stores the right labels of boxes [x, y, w, h] of a picture (a Blob): `lessons` are {box, label, said}, where a label of
  // several digits cuts the box. `model` is that of the reading.
  keepLessons,
  deleteLesson,
  teachHand,
  useVersion,
  versionWeights,
  readDigit, // (picture, hand): its reading as one digit; without a name by the original network
  exportHand, // a zip of LABEL__x.png
} = here ?? there;
export const importHand = here?.importHand; // (name, file): only where this browser keeps hands
export const teachingState = (name) => askJson("GET", at(name, "/teach")); // of a full teaching
export const cancelTeaching = (name) => askJson("DELETE", at(name, "/teach"));
export const versionMap = (name, version) => askJson("GET", at(name, `/versions/${version}/map`));
export const eventsAddress = (name) => `/api/v1/${at(name, "/events")}`;

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
