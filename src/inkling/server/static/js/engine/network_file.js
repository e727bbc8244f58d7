// Read a network's file, as `inkling.page_network.binary` writes it.
import { EngineUnavailable } from "./unavailable.js";

const MAGIC = "inkn";
const FORMAT = 1;
const HEAD_AT = 8; // bytes

// The file's bytes, a Uint8Array -> { head, weights, bias }: the head as written; functions from a step's entry to its
// Float32Array.
export async function readNetworkFile(bytes) {
  const { head, body: compressed } = partsOf(bytes, MAGIC);
  const body = await inflated(compressed);
  if (head.format !== FORMAT) throw damaged(`its format is ${head.format}, expected ${FORMAT}`);
  if (body.length !== head.sections.reduce((a, b) => a + b, 0)) throw damaged(`it has ${body.length} bytes of numbers`);
  return { head, ...arraysOf(head, body) };
}

// The bytes of a file that begins with `magic` and the length of its head -> { head, body: compressed bytes }.
export function partsOf(bytes, magic) {
  const found = new TextDecoder().decode(bytes.subarray(0, magic.length));
  if (found !== magic) throw damaged(`it begins with ${JSON.stringify(found)}`);
  const bodyAt = HEAD_AT + new DataView(bytes.buffer, bytes.byteOffset).getUint32(magic.length, true);
  try {
    return { head: JSON.parse(new TextDecoder().decode(bytes.subarray(HEAD_AT, bodyAt))), body: bytes.subarray(bodyAt) };
  } catch (error) {
    throw damaged(error.message);
  }
}

export async function inflated(bytes) {
  try {
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  } catch (error) {
    throw damaged(error.message);
  }
}

// A head and its body -> functions from a step's entry to its numbers.
function arraysOf({ sections }, body) {
  const starts = sections.map((_, k) => sections.slice(0, k).reduce((a, b) => a + b, 0));
  const [biases, high, middle, low] = starts.map((at, k) => body.subarray(at, at + sections[k]));
  return {
    bias: ({ shape, at }) => new Float32Array(biases.slice(at, at + 4 * shape[0]).buffer),
    // Whole numbers times their step size. The lowest bit is the sign; the bits below the middle byte are packed.
    weights({ shape, size, low_bits, at, low_at }) {
      const found = new Float32Array(shape.reduce((a, b) => a * b, 1));
      const unit = 2 ** low_bits;
      let bits = 0; // read from `low` and not used yet
      let n_bits = 0;
      for (let k = 0, next = low_at; k < found.length; k++) {
        for (; n_bits < low_bits; n_bits += 8) bits += low[next++] * 2 ** n_bits;
        const unsigned = (high[at + k] * 256 + middle[at + k]) * unit + (bits % unit);
        bits = Math.floor(bits / unit);
        n_bits -= low_bits;
        found[k] = size * (unsigned % 2 ? -(unsigned + 1) / 2 : unsigned / 2);
      }
      return found;
    },
  };
}

const damaged = (why) =>
  new EngineUnavailable(`A network file is damaged or belongs to another version of this page (${why}). Reload the page.`);
