// The HTTP API of the lab.

import { ApiError, Unavailable } from "../common/api_client.js";
import { fetchWithKey } from "../common/api_key.js";

const TIMEOUT_MS = 20000;
const LONG_MS = 150000; // for the evaluation on the test images

export const getJson = (path) => ask("GET", path);
export const postJson = (path, value = {}) => ask("POST", path, value);
export const remove = (path) => ask("DELETE", path);

// Throws ApiError (with the server's message) or Unavailable.
async function ask(method, path, value) {
  let response, answer;
  try {
    response = await fetchWithKey(`/api/v1/lab/${path}`, {
      method,
      headers: value ? { "Content-Type": "application/json" } : {},
      body: value ? JSON.stringify(value) : undefined,
      signal: AbortSignal.timeout(path === "models" ? LONG_MS : TIMEOUT_MS),
    });
    answer = await response.json();
  } catch {
    throw new Unavailable(); // no connection, no answer in time, or a proxy's page instead of JSON
  }
  if (answer.ok) return answer;
  throw new ApiError(answer, response.status);
}

// "rotation is 90; expected ..." -> "Rotation is 90; expected ...": a sentence for the page.
export const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1);
