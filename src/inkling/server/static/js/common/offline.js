// Lets a page without a server open without a connection, too, after one visit. Loaded only there.
import { isStatic, pageAddress } from "./site.js";

// Files are fetched when the page itself has what it needs.
if (isStatic && "serviceWorker" in navigator) {
  const register = () => navigator.serviceWorker.register(new URL("service-worker.js", pageAddress("/"))).catch(() => {});
  if (document.readyState === "complete") register();
  else addEventListener("load", register, { once: true });
}
