// Why networks cannot run in this page: an old browser, a network of unknown layers, a file that is missing or damaged.
// `message` is a sentence for people.
export class EngineUnavailable extends Error {
  name = "EngineUnavailable";
}
