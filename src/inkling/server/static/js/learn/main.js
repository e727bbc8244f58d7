// Starts the interactive sections of a chapter: ./NAME.js runs <section data-piece="NAME">.

async function start(section) {
  try {
    const piece = await import(`./${section.dataset.piece}.js`);
    await piece.begin(section);
    section.dataset.live = "true";
  } catch (error) {
    const trouble = section.querySelector(".trouble");
    trouble.textContent = "This piece could not be loaded. Is the server still running? Reload the page to try again.";
    trouble.hidden = false;
    console.warn(error);
  }
}

await Promise.all([...document.querySelectorAll("[data-piece]")].map(start));
document.documentElement.dataset.ready = "true";
