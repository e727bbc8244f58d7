// Reads a drawing as the Draw page does: in this page, or by the server if the page cannot.

import { read } from "../common/api_client.js";
import { pageEngine } from "../common/page_engine.js";
import { greyPng } from "../common/png.js";
import { isStatic } from "../common/site.js";

// `canvas`: ink on white. The answer has the format of POST /api/v1/read. Throws ApiError or Unavailable.
export async function readInk(canvas, { network, mode = "auto" }) {
  const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  const png = greyPng(canvas); // of the current ink
  png.catch(() => {});
  const engine = await pageEngine(network);
  if (engine) {
    try {
      return await engine.read(pixels, { network, mode });
    } catch (error) {
      if (isStatic) throw error;
    }
  }
  return read(await png, { model: network, mode: mode === "auto" ? "" : mode });
}
