// Keeps the whole site in the browser, so that it opens without a connection after one visit. `inkling site` fills in the
// version, a hash of all files, and the list of them. A new version is fetched in the background: one reload shows it.
const NAME = `inkling-${VERSION}`;
const PATHS = FILES;
const base = new URL("./", self.location);

self.addEventListener("install", (event) => {
  const fresh = PATHS.map((path) => new Request(new URL(path, base), { cache: "no-cache" })); // ask whether it changed
  event.waitUntil(
    caches
      .open(NAME)
      .then((cache) => cache.addAll(fresh)) // all or nothing: no mixture of two versions
      .then(() => self.skipWaiting()),
  );
});

self.addEventListener("activate", (event) => {
  const isOlder = (name) => name.startsWith("inkling-") && name !== NAME;
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(names.filter(isOlder).map((name) => caches.delete(name))))
      .then(() => self.clients.claim()),
  );
});

self.addEventListener("fetch", (event) => {
  const { method, url, mode } = event.request;
  if (method === "GET" && url.startsWith(base.href)) event.respondWith(answer(event.request, mode === "navigate"));
});

// What is kept, or else what the host sends: a version's files never change, so nothing waits for the network.
async function answer(request, isPage) {
  const cache = await caches.open(NAME);
  const kept = await cache.match(request, { ignoreSearch: true });
  if (kept) return kept;
  const address = new URL(request.url);
  if (isPage && !address.pathname.endsWith("/")) {
    address.pathname += "/"; // as a host leads from /learn to /learn/
    if (await cache.match(address, { ignoreSearch: true })) return Response.redirect(address, 302);
  }
  return fetch(request);
}
