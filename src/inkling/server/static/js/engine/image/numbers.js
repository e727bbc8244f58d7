// Rounding and order statistics, as Python, NumPy and OpenCV compute them.

// Rounds to the nearest integer, halves to even: Python's `round`, `np.rint`, OpenCV's `cvRound`.
export function roundEven(value) {
  const low = Math.floor(value);
  const rest = value - low;
  if (rest < 0.5) return low;
  if (rest > 0.5) return low + 1;
  return low % 2 === 0 ? low : low + 1;
}

export const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

// The value at a rank, counted from 0, as if the values were sorted: `np.partition(values, rank)[rank]`.
export function valueOfRank(values, rank) {
  if (values instanceof Uint8Array || values instanceof Uint8ClampedArray) return levelOfRank(histogramOf(values), rank);
  return selected(new Float64Array(values), rank);
}

// Hoare's selection (1961): reorders the values until the value of that rank is at its sorted position.
function selected(values, rank) {
  let [low, high] = [0, values.length - 1];
  while (low < high) {
    const pivot = values[(low + high) >> 1];
    let [i, k] = [low, high];
    while (i <= k) {
      while (values[i] < pivot) i += 1;
      while (values[k] > pivot) k -= 1;
      if (i > k) break;
      const swapped = values[i];
      values[i] = values[k];
      values[k] = swapped;
      i += 1;
      k -= 1;
    }
    if (rank <= k) high = k;
    else if (rank >= i) low = i;
    else break;
  }
  return values[rank];
}

// The median, or the upper of two middle values; 0 for no values.
export function upperMedian(values) {
  return values.length ? valueOfRank(values, values.length >> 1) : 0;
}

// The median, or the mean of two middle values: `np.median`.
export function median(values) {
  return quantile(values, 0.5);
}

// A quantile, interpolated linearly between two ranks: `np.quantile`.
export function quantile(values, q) {
  return quantiles(values, [q])[0];
}

export function quantiles(values, qs) {
  const sorted = new Float64Array(values).sort();
  return qs.map((q) => {
    const place = q * (sorted.length - 1);
    const low = Math.floor(place);
    const rest = place - low;
    const [first, second] = [sorted[low], sorted[Math.min(low + 1, sorted.length - 1)]];
    return rest >= 0.5 ? second - (second - first) * (1 - rest) : first + (second - first) * rest;
  });
}

// The counts of 256 levels.
export function histogramOf(levels) {
  const counts = new Uint32Array(256);
  let start = 0; // of a run of one level: counting whole runs avoids waiting for the previous count
  for (let i = 1; i <= levels.length; i += 1) {
    if (levels[i] === levels[start]) continue;
    counts[levels[start]] += i - start;
    start = i;
  }
  return counts;
}

// The first index whose value reaches `value`: `np.searchsorted`.
export function searchSorted(ascending, value) {
  let [low, high] = [0, ascending.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ascending[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

function levelOfRank(histogram, rank) {
  let before = 0;
  for (let level = 0; level < 256; level += 1) {
    before += histogram[level];
    if (before > rank) return level;
  }
  return 255;
}
