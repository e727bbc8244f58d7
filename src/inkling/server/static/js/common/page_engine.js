// The engine of this page, opened once.

import { isStatic } from "./site.js";

let opening = null;

// A promise of the engine; the first call also loads `network`. Resolves to null if networks cannot run in this page
// and the server has to read. Without a server, it rejects with EngineUnavailable, whose message is written for users.
export function pageEngine(network) {
  opening ??= open(network);
  return opening;
}

async function open(network) {
  try {
    const { openEngine } = await import("../engine/client.js");
    return await openEngine({ network });
  } catch (error) {
    if (!isStatic) return null;
    opening = null; // so that the next call tries again
    throw error;
  }
}
