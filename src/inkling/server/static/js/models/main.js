// The table of models stands still; the page is ready when it is there.

document.documentElement.dataset.ready = "true";
