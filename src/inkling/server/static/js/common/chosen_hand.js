// The hand that this device reads with, and the store for which the person has agreed to keep corrections.

const [HAND, AGREED] = ["inkling-hand", "inkling-hands-agreed"];
const inMemory = new Map(); // if storage is disabled

export const chosenHand = () => get(HAND);
export const chooseHand = (name) => set(HAND, name);

// `place`: the store, in the API's words. The page asks again for each store.
export const hasAgreed = (place) => get(AGREED) === place && place !== "";
export const agree = (place) => set(AGREED, place);

function get(key) {
  try {
    return localStorage.getItem(key) ?? "";
  } catch {
    return inMemory.get(key) ?? "";
  }
}

function set(key, text) {
  inMemory.set(key, text);
  try {
    if (text) localStorage.setItem(key, text);
    else localStorage.removeItem(key);
  } catch {
    // kept in memory only
  }
}
