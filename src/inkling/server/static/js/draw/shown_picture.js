// The picture that is on the paper instead of the board.

import { byId } from "./page_text.js";

const image = byId("picture");
const unshown = byId("unshown");

export class ShownPicture {
  blob = null; // the picture; null while the board is shown
  isWhole = true; // false for the thumbnail of a document's page

  // `changed()` is called when a picture is shown or removed.
  constructor({ changed }) {
    this.changed = changed;
    image.addEventListener("error", () => this.#showName());
  }

  show(blob, { isWhole = true } = {}) {
    if (this.blob) URL.revokeObjectURL(image.src);
    Object.assign(this, { blob, isWhole });
    unshown.hidden = true;
    image.hidden = false;
    image.src = URL.createObjectURL(blob);
    this.changed();
  }

  leave() {
    if (!this.blob) return;
    this.blob = null;
    URL.revokeObjectURL(image.src);
    image.hidden = true;
    image.removeAttribute("src");
    unshown.hidden = true;
    this.changed();
  }

  // Shows the file's name if this browser cannot show the picture.
  #showName() {
    if (!this.blob) return;
    image.hidden = true;
    unshown.hidden = false;
    unshown.textContent = `${this.blob.name ?? "This picture"} cannot be shown in this browser.`;
    this.changed();
  }

  // Whether the browser shows the picture, so that it can be cropped.
  get isVisible() {
    return this.blob !== null && !image.hidden;
  }
}
