// The HTTP API of model reports.

import { fetchWithKey } from "../common/api_key.js";

const RETRY_MS = 2000;

export const path = (name) => `/api/v1/models/${encodeURIComponent(name)}/report`;

// The report of a model. Throws if it cannot be loaded.
export async function report(name) {
  const response = await fetchWithKey(path(name));
  if (!response.ok) throw new Error(`no report about ${name}: ${response.status}`);
  return response.json();
}

// Retries `ask` until it succeeds and returns its result; `offline(isOffline)` reports failures.
export async function retry(ask, offline) {
  for (;;) {
    try {
      const found = await ask();
      offline(false);
      return found;
    } catch {
      offline(true);
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}
