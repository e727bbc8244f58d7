// START HERE: the mistakes answer clicks and keys, the map answers the pointer. What stands still comes from the server.

import { startMap } from "./map.js";
import { startMatrix } from "./matrix.js";

const name = document.querySelector("[data-model]")?.dataset.model;
if (document.getElementById("matrix")) startMatrix(name);
const tab = document.querySelector(".tabs [aria-current]");
if (tab) tab.parentElement.scrollLeft = tab.offsetLeft - tab.parentElement.offsetLeft - 16;
document.documentElement.dataset.ready = "true";
if (document.getElementById("map")) startMap(name);
