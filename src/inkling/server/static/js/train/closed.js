// START HERE without a lab: commands that can be copied.

import { offerCopies } from "./copy.js";

offerCopies();
document.documentElement.dataset.ready = "true";
