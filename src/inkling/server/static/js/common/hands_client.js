// Hands: writers whose handwriting inkling learns. A server stores them; without one, this browser does.

import { ApiError, askJson, read, Unavailable } from "./api_client.js";
import { fetchWithKey } from "./api_key.js";

const LONG_MS = 60_000; // for teaching with many lessons on a busy machine
const PAGE = 500; // lessons per request
export const NONE = "none"; // the label of ink that is not a digit

// Whether this page teaches without a server.
export const teachesHere = document.querySelector("[data-teaches-here]") !== null;

const at = (name, rest = "") => `hands/${encodeURIComponent(name)}${rest}`;
const here = teachesHere ? await import("../teach/page_hands.js") : null;

// The calls of page_hands.js, answered by the HTTP API.
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
  // Stores the correct labels of boxes [x, y, w, h] in a picture (a Blob): `lessons` are {box, label, said}; a label of
  // several digits splits the box. `model` is the model that made the reading.
  keepLessons,
  deleteLesson,
  teachHand,
  useVersion,
  versionWeights,
  readDigit, // (picture, hand): the picture's reading as one digit; without a hand, by the original network
  exportHand, // a ZIP file of pictures named LABEL__x.png
} = here ?? there;
// The next two are defined only if this browser stores hands.
export const importHand = here?.importHand; // (name, file)
export const learnedBy = here?.learnedBy; // (name): the layer of the version in use, see page_hands.js
export const teachingState = (name) => askJson("GET", at(name, "/teach")); // the state of full teaching
export const cancelTeaching = (name) => askJson("DELETE", at(name, "/teach"));
export const versionMap = (name, version) => askJson("GET", at(name, `/versions/${version}/map`));
export const eventsAddress = (name) => `/api/v1/${at(name, "/events")}`;

// The message of an API error, capitalized for the page. Any other error is a bug in the page and is rethrown.
export function sentenceOf(error) {
  if (!(error instanceof ApiError || error instanceof Unavailable)) throw error;
  return error.message.charAt(0).toUpperCase() + error.message.slice(1);
}

// A label in the page's words.
export const named = (label) => (label === NONE || label === "" ? "not a digit" : label);

// The label that was read, in a word.
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
    reader.onerror = () => failed(new Unavailable("The picture can no longer be opened. Choose it again."));
    reader.readAsDataURL(blob);
  });
}
