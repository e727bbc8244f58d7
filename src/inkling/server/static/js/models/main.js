// The page is static: it is ready when it is loaded.

document.documentElement.dataset.ready = "true";
