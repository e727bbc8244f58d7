// Makes a site without a server work offline after one visit. Loaded only on such sites.
import { isStatic, pageAddress } from "./site.js";

// The service worker fetches its files after the page has loaded.
if (isStatic && "serviceWorker" in navigator) {
  const register = () => navigator.serviceWorker.register(new URL("service-worker.js", pageAddress("/"))).catch(() => {});
  if (document.readyState === "complete") register();
  else addEventListener("load", register, { once: true });
}
