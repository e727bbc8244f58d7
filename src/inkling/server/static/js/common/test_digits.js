// The first 1,000 digits of MNIST's test set. scripts/make_digits.py writes the file and documents its layout.

import { asset } from "./site.js";

const FILE = asset("data/mnist-test-1000.zlib");
const COUNT = 1000;

let loading = null;

// {images: Uint8Array of 1000 * 784, 0 paper to 255 ink; labels: Uint8Array of 1000}. Fetched once; after a failure, the
// next call retries.
export function loadDigits() {
  loading ??= fetchDigits().catch((error) => {
    loading = null;
    throw error;
  });
  return loading;
}

async function fetchDigits() {
  const response = await fetch(FILE);
  if (!response.ok) throw new Error(`the test digits could not be loaded: ${response.status}`);
  const unpacked = response.body.pipeThrough(new DecompressionStream("deflate"));
  const content = new Uint8Array(await new Response(unpacked).arrayBuffer());
  return { labels: content.subarray(0, COUNT), images: content.subarray(COUNT) };
}
