// Hands and lessons in this browser (IndexedDB). They never leave the device.
import { Unavailable } from "../common/api_client.js";

const NAME = "inkling-hands";
const [HANDS, LESSONS] = ["hands", "lessons"]; // hands by name; lessons by id, with the name of their hand

// Runs `work(hands, lessons)` in one transaction -> the result of the request that `work` returns.
export async function stored(work, mode = "readonly") {
  const database = await opened();
  return new Promise((done, failed) => {
    const transaction = database.transaction([HANDS, LESSONS], mode);
    const request = work(transaction.objectStore(HANDS), transaction.objectStore(LESSONS));
    transaction.oncomplete = () => done(request?.result);
    transaction.onabort = () => failed(unavailable(transaction.error));
  });
}

export const changed = (work) => stored(work, "readwrite");

let opening = null;

function opened() {
  opening ??= new Promise((done, failed) => {
    if (typeof indexedDB === "undefined") failed(unavailable());
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore(HANDS, { keyPath: "name" });
      request.result.createObjectStore(LESSONS, { keyPath: "id", autoIncrement: true }).createIndex("hand", "hand");
    };
    request.onsuccess = () => done(request.result);
    request.onerror = () => failed(unavailable(request.error));
  });
  opening.catch(() => (opening = null));
  return opening;
}

const unavailable = (error) =>
  new Unavailable(
    error?.name === "QuotaExceededError"
      ? "This browser has no room for more digits. Delete some."
      : `This browser does not store data for this page (${error?.message ?? "it has no storage"}). Leave private browsing, or allow storage.`,
  );
