// A row that the line network read: its columns of probabilities, its image, and the image's position in the picture.
// Like `LineRow` in `inkling.pipeline.recognized_row`, and like `inkling.pipeline.line_recognizer`.

import { LINE_IMAGE, LINE_RECOGNIZER as CONFIG } from "../config.js";
import { dilate } from "../image/filters.js";
import { multiplied } from "../image/warp.js";
import { align, calibrateColumns } from "./ctc.js";
import { boxAround } from "./geometry.js";
import { HEIGHT, makeLineImage, scaledWidth } from "./line_image.js";
import { symbolBoxes, withoutRules } from "./symbol_boxes.js";
import { CLASSES } from "./symbols.js";

const BOX_SLACK = 1e-6; // pixels of rounding

// Reads a row of the layout. `recognise`: a line image -> a softmax over the classes and the blank for each column.
// `toPicture`: (3, 3), pixels of the layout's picture -> pixels of the upright picture.
export async function readLineRow(row, toPicture, recognise, temperature) {
  const columnsOf = async (image) =>
    calibrateColumns(await recognise(image), CLASSES.length + 1, temperature);
  const image = makeLineImage(row.image);
  const toRow = [row.image.width / scaledWidth(row.image), 0, 0, 0, row.image.height / HEIGHT, 0, 0, 0, 1];
  return new LineRow({
    columns: await columnsOf(image),
    image,
    toPicture: multiplied(toPicture, multiplied(row.toImage, toRow)),
    moreViews: () => Promise.all(CONFIG.stretches.map((stretch) => columnsOf(makeLineImage(row.image, stretch)))),
    strokes: () => row.strokes && dilate(row.strokes.seen(multiplied(row.toImage, toRow), image.width, HEIGHT), 3),
  });
}

export class LineRow {
  #ink = null;
  #boxes = new Map(); // by text

  // `columns`: calibrated; `image`: the line image; `toPicture`: pixels of the line image -> pixels of the picture;
  // `moreViews()` returns columns of stretched views of the row, `strokes()` a mask of the writing, null if unknown.
  constructor({ columns, image, toPicture, moreViews = async () => [], strokes = () => null }) {
    Object.assign(this, { columns, image, toPicture, moreViews, strokes });
  }

  // The line image without ruled lines.
  get ink() {
    if (!this.#ink) {
      const strokes = this.strokes();
      const { data, width, height } = this.image;
      this.#ink = strokes
        ? { data: data.map((value, i) => value * strokes.data[i]), width, height }
        : withoutRules(this.image);
    }
    return this.#ink;
  }

  // The box of each symbol of a text, in pixels of the line image.
  lineBoxes(text) {
    const key = String(text);
    if (!this.#boxes.has(key)) {
      const spans = text.length ? align(this.columns, text) : [];
      this.#boxes.set(key, symbolBoxes(this.ink, spans, LINE_IMAGE.width_step_px));
    }
    return this.#boxes.get(key);
  }

  // The box of each symbol of a text, in pixels of the picture.
  boxes(text) {
    return this.lineBoxes(text).map((box) => boxAround(box, this.toPicture, BOX_SLACK));
  }
}
