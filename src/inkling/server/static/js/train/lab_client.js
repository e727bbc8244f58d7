// The HTTP API of the lab.

import { askJson } from "../common/api_client.js";

const LONG_MS = 150000; // for the evaluation on the test images

export const getJson = (path) => askJson("GET", `lab/${path}`);
export const postJson = (path, value = {}) => askJson("POST", `lab/${path}`, value, path === "models" ? LONG_MS : undefined);
export const remove = (path) => askJson("DELETE", `lab/${path}`);

// "rotation is 90; expected ..." -> "Rotation is 90; expected ...": a sentence for the page.
export const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1);
