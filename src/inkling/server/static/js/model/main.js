// START HERE: starts the confusion matrix and the map. The server renders all static parts.

import { startMap } from "./embedding_map.js";
import { startMatrix } from "./confusion_matrix.js";

const name = document.querySelector("[data-model]")?.dataset.model;
if (document.getElementById("matrix")) startMatrix(name);
const tab = document.querySelector(".tabs [aria-current]");
if (tab) tab.parentElement.scrollLeft = tab.offsetLeft - tab.parentElement.offsetLeft - 16;
document.documentElement.dataset.ready = "true";
if (document.getElementById("map")) startMap(name);
