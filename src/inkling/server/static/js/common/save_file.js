// Saves a file made in the page.

const KEPT_MS = 10_000; // because the browser reads the file after the click

// `parts`: as for `new Blob`.
export function saveFile(parts, name, type) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob(parts, { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), KEPT_MS);
}
