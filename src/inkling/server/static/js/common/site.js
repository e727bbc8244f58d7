// Addresses of pages, files and networks: on a server, or in a folder that any static host serves (`inkling site`).
// <html data-root> is the relative path from this page to the front page. A worker has no page, so only `asset` works
// there: send it the other addresses in a message.
const FILES = new URL("../../", import.meta.url); // the folder static/
const REPLAY_FORMAT = 2;
const page = globalThis.document?.documentElement.dataset ?? {};
const root = new URL(page.root ?? "/", globalThis.document?.baseURI ?? FILES);

// Whether this page has no server: no API and no uploads.
export const isStatic = "static" in page;

// The address of a file under static/: asset("data/small-conv.json").
export const asset = (path) => new URL(path, FILES).href;

// The address of another page: pageAddress("/learn"), pageAddress("/#m=ann"), pageAddress("/teach?hand=Ada").
export function pageAddress(path) {
  const [, name, rest] = path.match(/^\/([^?#]*)(.*)$/);
  const folder = isStatic && name !== "" ? `${name.replace(/\/$/, "")}/` : name; // a static host opens its index.html
  return new URL(`./${folder}${rest}`, root).href;
}

// The address of a network's weights for the page. The version gives a newer network a new address.
export function networkAddress(name, version) {
  const part = encodeURIComponent(name);
  const query = version ? `?v=${encodeURIComponent(version)}` : "";
  return new URL(isStatic ? `./networks/${part}.bin${query}` : `./api/v1/models/${part}/network${query}`, root).href;
}

// The address of the data for teaching in the page (inkling.hands.page_replay). Browsers cache the data for a week, so
// a newer format needs a new address.
export function replayAddress(name, version) {
  const address = new URL(networkAddress(name, version).replace(/\.bin(?=\?|$)/, "-replay.bin").replace(/\/network(?=\?|$)/, "/replay"));
  address.searchParams.set("format", REPLAY_FORMAT);
  return address.href;
}

// The address of the list of networks, as GET /api/v1/models returns it.
export const networksAddress = () => new URL(isStatic ? "./networks/index.json" : "./api/v1/models", root).href;
