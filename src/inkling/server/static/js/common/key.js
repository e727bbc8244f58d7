// Where the operator asks for an API key, the page asks the person for it, once, and keeps it until the tab is closed.

const NAME = "inkling-key";
const QUESTION = "This service asks for a key. Its operator has it.";

let declined = false;
let memory = ""; // where storage is switched off

// As fetch(), with the key if there is one. Who leaves the question open gets the service's own refusal.
export async function fetchWithKey(url, options = {}) {
  const tried = kept();
  const response = await fetch(url, withKey(options, tried));
  if (response.status !== 401 || declined) return response;
  if (kept() === tried) keep(window.prompt(QUESTION)?.trim()); // else another request has asked meanwhile
  declined = !kept();
  return declined ? response : fetch(url, withKey(options, kept()));
}

const withKey = (options, key) => (key ? { ...options, headers: { ...options.headers, "X-API-Key": key } } : options);

function kept() {
  try {
    return sessionStorage.getItem(NAME) ?? "";
  } catch {
    return memory;
  }
}

function keep(key) {
  memory = key ?? "";
  try {
    sessionStorage.setItem(NAME, memory);
  } catch {
    // kept in the page alone
  }
}
