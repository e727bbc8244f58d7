// START HERE if the lab is disabled: commands that can be copied.

import { addCopyButtons } from "./copy_buttons.js";

addCopyButtons();
document.documentElement.dataset.ready = "true";
