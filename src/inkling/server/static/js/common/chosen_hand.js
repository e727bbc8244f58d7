// The hand that this device reads with, and the store in which the user has agreed to have corrections kept.

const [HAND, AGREED] = ["inkling-hand", "inkling-hands-agreed"];
const inMemory = new Map(); // if storage is disabled

export const chosenHand = () => get(HAND);
export const chooseHand = (name) => set(HAND, name);

// `place`: the store, in the API's words. Each store needs its own consent.
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
