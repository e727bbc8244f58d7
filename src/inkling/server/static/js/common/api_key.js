// If the service requires an API key, the page asks for the key and keeps it until the tab is closed.

const NAME = "inkling-key";
const QUESTION = "This service requires a key. Ask its operator for one.";

let declined = false;
let inMemory = ""; // if storage is disabled

// Like fetch(), but sends the key if there is one. If the user gives no key, the caller gets the service's error.
export async function fetchWithKey(url, options = {}) {
  const tried = kept();
  const response = await fetch(url, withKey(options, tried));
  if (response.status !== 401 || declined) return response;
  if (kept() === tried) keep(window.prompt(QUESTION)?.trim()); // otherwise another request has asked already
  declined = !kept();
  return declined ? response : fetch(url, withKey(options, kept()));
}

const withKey = (options, key) => (key ? { ...options, headers: { ...options.headers, "X-API-Key": key } } : options);

function kept() {
  try {
    return sessionStorage.getItem(NAME) ?? "";
  } catch {
    return inMemory;
  }
}

function keep(key) {
  inMemory = key ?? "";
  try {
    sessionStorage.setItem(NAME, inMemory);
  } catch {
    // kept in memory only
  }
}
