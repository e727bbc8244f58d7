// The reports of models, over HTTP.

import { fetchWithKey } from "../common/key.js";

const PATIENCE_MS = 2000;

export const path = (name) => `/api/v1/models/${encodeURIComponent(name)}/report`;

// The report about a model. Throws when it does not come.
export async function report(name) {
  const response = await fetchWithKey(path(name));
  if (!response.ok) throw new Error(`no report about ${name}: ${response.status}`);
  return response.json();
}

// What `ask` gives, asked again until it does; `away` hears true while it fails and false when it is back.
export async function patiently(ask, away) {
  for (;;) {
    try {
      const found = await ask();
      away(false);
      return found;
    } catch {
      away(true);
      await new Promise((resolve) => setTimeout(resolve, PATIENCE_MS));
    }
  }
}
