// Where pages, files and networks lie: on a server, or in a folder that any static host serves (`inkling site`).
// <html data-root> is the way from this page to the front page. A worker has no page, so only `asset` is right in it:
// give it the other addresses in a message.
const FILES = new URL("../../", import.meta.url); // the folder static/
const page = globalThis.document?.documentElement.dataset ?? {};
const root = new URL(page.root ?? "/", globalThis.document?.baseURI ?? FILES);

// The address at which others open the pages, "" if nobody told: the setting `address`, or `inkling site --address`.
export const publicAddress = page.address ?? "";

// Whether this page lives without a server: there is no API, and nothing can be uploaded.
export const isStatic = "static" in page;

// The address of a file below static/: asset("data/small-conv.json").
export const asset = (path) => new URL(path, FILES).href;

// The address of another page: pageAddress("/learn"), pageAddress("/#m=ann"), pageAddress("/teach?hand=Ada").
export function pageAddress(path) {
  const [, name, rest] = path.match(/^\/([^?#]*)(.*)$/);
  const folder = isStatic && name !== "" ? `${name.replace(/\/$/, "")}/` : name; // a static host opens its index.html
  return new URL(`./${folder}${rest}`, root).href;
}

// The address of a network's weights for the page. The version makes a newer network a new address.
export function networkAddress(name, version) {
  const part = encodeURIComponent(name);
  const query = version ? `?v=${encodeURIComponent(version)}` : "";
  return new URL(isStatic ? `./networks/${part}.bin${query}` : `./api/v1/models/${part}/network${query}`, root).href;
}

// The address of what teaching in the page needs beside a network: inkling.hands.page_replay.
export function replayAddress(name, version) {
  return networkAddress(name, version).replace(/\.bin(?=\?|$)/, "-replay.bin").replace(/\/network(?=\?|$)/, "/replay");
}

// The address of the list of networks: what GET /api/v1/models answers.
export const networksAddress = () => new URL(isStatic ? "./networks/index.json" : "./api/v1/models", root).href;
