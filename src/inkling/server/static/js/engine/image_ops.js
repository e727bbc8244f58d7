// START HERE for names: the pipeline's operations on grayscale images, with the same results as OpenCV and NumPy. An
// image is { width, height, data }, row by row; `data` is a Uint8Array of levels 0..255 or of a mask, a Float32Array,
// or an Int32Array of labels. A box is [x, y, w, h]. `tests/browser/test_engine_image_ops.py` compares the operations
// with OpenCV.

export * from "./image/numbers.js";
export * from "./image/grey.js";
export * from "./image/resize.js";
export * from "./image/filters.js";
export * from "./image/components.js";
export * from "./image/distance.js";
export * from "./image/warp.js";
export * from "./image/contours.js";
export * from "./image/polygons.js";
