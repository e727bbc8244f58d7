// Dense matrices as Float64Array, row by row.

// A symmetric (n, n) matrix -> its inverse square root, (n, n), symmetric. Negative eigenvalues count as 0, and `ridge`
// times the mean eigenvalue is added to all.
export function inverseRoot(matrix, n, ridge) {
  const { values, vectors } = eigen(matrix, n);
  const added = (ridge * values.reduce((a, b) => a + b, 0)) / n;
  const found = new Float64Array(n * n);
  for (let k = 0; k < n; k++) {
    const factor = 1 / Math.sqrt(Math.max(values[k], 0) + added);
    for (let i = 0; i < n; i++) {
      const scaled = factor * vectors[k * n + i];
      for (let j = 0; j < n; j++) found[i * n + j] += scaled * vectors[k * n + j];
    }
  }
  return found;
}

// A symmetric matrix -> its eigenvalues, and its eigenvectors as rows, by Jacobi's rotations.
function eigen(matrix, n) {
  const a = Float64Array.from(matrix);
  const vectors = new Float64Array(n * n);
  for (let i = 0; i < n; i++) vectors[i * n + i] = 1;
  const tiny = 1e-24 * dot(a, a);
  for (let sweep = 0; sweep < 30 && offDiagonal(a, n) > tiny; sweep++)
    for (let p = 0; p < n; p++)
      for (let q = p + 1; q < n; q++) {
        const off = a[p * n + q];
        if (off * off * n * n < tiny) continue;
        const theta = (a[q * n + q] - a[p * n + p]) / (2 * off);
        const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
        const c = 1 / Math.sqrt(t * t + 1);
        const s = t * c;
        rotateRows(a, p, q, c, s, n);
        rotateColumns(a, p, q, c, s, n);
        rotateRows(vectors, p, q, c, s, n);
      }
  return { values: Float64Array.from({ length: n }, (_, i) => a[i * n + i]), vectors };
}

function offDiagonal(a, n) {
  let sum = 0;
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) sum += 2 * a[i * n + j] ** 2;
  return sum;
}

function rotateRows(a, p, q, c, s, n) {
  for (let k = 0, i = p * n, j = q * n; k < n; k++, i++, j++) {
    const [x, y] = [a[i], a[j]];
    a[i] = c * x - s * y;
    a[j] = s * x + c * y;
  }
}

function rotateColumns(a, p, q, c, s, n) {
  for (let i = p, j = q; i < n * n; i += n, j += n) {
    const [x, y] = [a[i], a[j]];
    a[i] = c * x - s * y;
    a[j] = s * x + c * y;
  }
}

// (m, n) times the transpose of (k, n) -> (m, k).
export function timesTransposed(a, b, n) {
  const [m, k] = [a.length / n, b.length / n];
  const found = new Float64Array(m * k);
  for (let i = 0; i < m; i++)
    for (let j = 0; j < k; j++) {
      let sum = 0;
      for (let t = 0; t < n; t++) sum += a[i * n + t] * b[j * n + t];
      found[i * k + j] = sum;
    }
  return found;
}

// The transpose of (m, k), times (m, n) -> (k, n).
export function transposedTimes(a, b, k, n) {
  const found = new Float64Array(k * n);
  for (let i = 0, m = a.length / k; i < m; i++)
    for (let j = 0; j < k; j++) {
      const factor = a[i * k + j];
      if (factor !== 0) for (let t = 0; t < n; t++) found[j * n + t] += factor * b[i * n + t];
    }
  return found;
}

export function dot(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

// a + factor * b, as a new array.
export const plus = (a, factor, b) => a.map((value, i) => value + factor * b[i]);

// Rows of `columns` logits -> probabilities.
export function softmaxRows(logits, columns) {
  const found = new Float64Array(logits.length);
  for (let at = 0; at < logits.length; at += columns) {
    let greatest = -Infinity;
    for (let k = 0; k < columns; k++) greatest = Math.max(greatest, logits[at + k]);
    let sum = 0;
    for (let k = 0; k < columns; k++) sum += found[at + k] = Math.exp(logits[at + k] - greatest);
    for (let k = 0; k < columns; k++) found[at + k] /= sum;
  }
  return found;
}

// Rows of `n` numbers beside rows of `k` numbers -> rows of n + k.
export function beside(a, n, b, k) {
  const rows = a.length / n;
  const found = new Float64Array(rows * (n + k));
  for (let i = 0; i < rows; i++) {
    found.set(a.subarray(i * n, (i + 1) * n), i * (n + k));
    found.set(b.subarray(i * k, (i + 1) * k), i * (n + k) + n);
  }
  return found;
}

// The rows of `n` numbers at `indices`.
export function rowsAt(rows, indices, n) {
  const found = new Float64Array(indices.length * n);
  indices.forEach((i, k) => found.set(rows.subarray(i * n, (i + 1) * n), k * n));
  return found;
}

// Arrays concatenated.
export function concatenated(...parts) {
  const found = new Float64Array(parts.reduce((n, part) => n + part.length, 0));
  let at = 0;
  for (const part of parts) {
    found.set(part, at);
    at += part.length;
  }
  return found;
}
