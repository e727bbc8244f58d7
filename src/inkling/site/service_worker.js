// Caches the whole site in the browser, so that it opens offline after one visit. `inkling site` fills in the version and
// every file's hash. For a new version, changed files are fetched in the background; a reload shows the new version.
const PREFIX = "inkling-";
const NAME = PREFIX + VERSION;
const FILES = HASHES; // path -> hash of its content
const LIST = "kept-files"; // cache entry with the FILES from which the cache was filled
const base = new URL("./", self.location);

self.addEventListener("install", (event) => event.waitUntil(fill().then(() => self.skipWaiting())));
self.addEventListener("activate", (event) => event.waitUntil(deleteOlder().then(() => self.clients.claim())));
self.addEventListener("fetch", (event) => {
  const { method, url, mode } = event.request;
  if (method === "GET" && url.startsWith(base.href)) event.respondWith(answer(event.request, mode === "navigate"));
});

// All or nothing: if one file cannot be fetched, this rejects, and the previous version stays.
async function fill() {
  const [cache, [before]] = [await caches.open(NAME), await older()];
  const earlier = before && (await caches.open(before));
  const list = await (await earlier?.match(LIST))?.json();
  await Promise.all(
    Object.entries(FILES).map(async ([path, hash]) => {
      const address = new URL(path, base);
      const same = list?.[path] === hash && (await earlier.match(address));
      await cache.put(address, same || (await fetched(address, list ? "reload" : "no-cache")));
    }),
  );
  await cache.put(LIST, new Response(JSON.stringify(FILES)));
}

// On the first visit the browser has just loaded many of the files, so it only revalidates them.
async function fetched(address, mode) {
  const response = await fetch(address, { cache: mode });
  if (!response.ok) throw new Error(`${address} did not come: ${response.status}`);
  return response;
}

const older = async () => (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== NAME);
const deleteOlder = async () => Promise.all((await older()).map((name) => caches.delete(name)));

// From the cache, otherwise from the network. The files of a version never change, so the cache comes first.
async function answer(request, isPage) {
  const cache = await caches.open(NAME);
  const kept = await cache.match(request, { ignoreSearch: true });
  if (kept) return kept;
  const address = new URL(request.url);
  if (isPage && !address.pathname.endsWith("/")) {
    address.pathname += "/"; // like a host, which redirects /learn to /learn/
    if (await cache.match(address, { ignoreSearch: true })) return Response.redirect(address, 302);
  }
  return fetch(request);
}
