// The HTTP API.

import { fetchWithKey } from "./api_key.js";

const TIMEOUT_MS = 20000;

// The service refused the request: `kind` and message of its JSON error.
export class ApiError extends Error {
  constructor({ kind, error }, status) {
    super(error);
    this.kind = kind;
    this.status = status;
  }
}

// The service could not be reached or is not ready yet.
export class Unavailable extends Error {}

// Reads one picture (a Blob), or a document, whose answer has `readings`. Throws ApiError or Unavailable.
export function read(blob, { model, thumbnails }) {
  return ask("read", blob, { explain: "tiles", model, thumbnails });
}

// Sends one picture (a Blob) to /api/v1/`route`; parameters that are empty are left out. Throws ApiError or Unavailable.
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
    throw new Unavailable(); // no connection, no answer in time, or a proxy's page instead of JSON
  }
  if (answer.ok) return answer;
  if (answer.kind === "Overloaded") throw new Unavailable();
  throw new ApiError(answer, response.status);
}
