// Why networks cannot run in this page: an old browser, a network with unknown layers, a missing or damaged file.
// `message` is written for users.
export class EngineUnavailable extends Error {
  name = "EngineUnavailable";
}
