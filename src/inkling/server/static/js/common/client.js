// The API over HTTP.

import { fetchWithKey } from "./key.js";

const TIMEOUT_MS = 20000;

// The service said no: `kind` and the sentence of its JSON error.
export class Refused extends Error {
  constructor({ kind, error }, status) {
    super(error);
    this.kind = kind;
    this.status = status;
  }
}

// The service could not be reached, or is not ready yet.
export class Away extends Error {}

// Reads one picture (a Blob). Throws Refused or Away.
export function read(blob, { model }) {
  return ask("read", blob, { explain: "tiles", model });
}

// Sends one picture (a Blob) to /api/v1/`route`; parameters that are empty are left out. Throws Refused or Away.
export async function ask(route, blob, parameters) {
  const query = new URLSearchParams(Object.entries(parameters).filter(([, value]) => value));
  let response, answer;
  try {
    response = await fetchWithKey(`/api/v1/${route}?${query}`, {
      method: "POST",
      headers: { "Content-Type": blob.type.startsWith("image/") ? blob.type : "application/octet-stream" },
      body: blob,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    answer = await response.json();
  } catch {
    throw new Away(); // no connection, no answer in time, or a proxy's page instead of JSON
  }
  if (answer.ok) return answer;
  if (answer.kind === "Overloaded") throw new Away();
  throw new Refused(answer, response.status);
}
