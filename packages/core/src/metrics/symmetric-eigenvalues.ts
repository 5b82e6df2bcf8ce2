/**
 * The eigenvalues of a real symmetric matrix, ascending.
 *
 * `matrix` is (N, N) row-major; only its lower triangle is read, and it is left as it was. Householder reflections to tridiagonal form, then
 * QL with implicit shifts. Errors are about 1e-15 of the largest eigenvalue. Cost O(N³), about 4/3·N³ multiplications; memory N² float64.
 * Throws RangeError when the length is not N², Error when an entry is not finite.
 * Source: Golub & Van Loan, Matrix Computations, 8.3 (tridiagonalisation, implicit QR/QL); agrees with LAPACK through numpy 2.4.6 `linalg.eigvalsh`.
 *
 * @example symmetricEigenvalues([2, 1, 1, 2], 2) // [1, 3]
 */
export function symmetricEigenvalues(matrix: ArrayLike<number>, size: number): Float64Array {
  if (matrix.length !== size * size) throw new RangeError(`symmetricEigenvalues: expected ${size * size} entries for size ${size}, got ${matrix.length}`)
  const diagonal = new Float64Array(size)
  const beside = new Float64Array(size) // entry k couples k and k + 1
  tridiagonalise(Float64Array.from(matrix), size, diagonal, beside)
  for (let k = 0; k < size; k++) {
    if (!Number.isFinite(diagonal[k]! + beside[k]!)) throw new Error('symmetricEigenvalues: an entry is not finite')
  }
  // Couplings below the rounding of the whole matrix are zero: among the tiny eigenvalues of a matrix of low rank nothing finer is known.
  const negligible = Number.EPSILON * diagonal.reduce((most, value, k) => Math.max(most, Math.abs(value) + Math.abs(beside[k]!)), 0)
  for (let k = 0; k < size; k++) isolate(k, diagonal, beside, negligible)
  return diagonal.sort()
}

/** A ← H·A·H for one reflection H = I − 2vvᵀ/vᵀv per column, which zeroes the column below its second entry. */
function tridiagonalise(a: Float64Array, size: number, diagonal: Float64Array, beside: Float64Array): void {
  const v = new Float64Array(size)
  const w = new Float64Array(size)
  for (let k = 0; k < size; k++) {
    diagonal[k] = a[k * size + k]!
    let squares = 0
    for (let i = k + 1; i < size; i++) {
      v[i] = a[i * size + k]!
      squares += v[i]! * v[i]!
    }
    if (squares === 0) continue
    const head = v[k + 1]!
    const length = Math.sqrt(squares)
    // The sign that does not cancel.
    beside[k] = head > 0 ? -length : length
    v[k + 1] = head - beside[k]!
    const vv = 2 * (squares - head * beside[k]!)
    if (squares !== head * head) reflect(a, size, k + 1, v, w, 2 / vv)
    else beside[k] = head // nothing below: no reflection
  }
}

/** A − v·wᵀ − w·vᵀ on the rows and columns from `start`, lower triangle only, with w = p − ½·scale·(vᵀp)·v and p = scale·A·v. */
function reflect(a: Float64Array, size: number, start: number, v: Float64Array, w: Float64Array, scale: number): void {
  w.fill(0, start)
  for (let i = start; i < size; i++) {
    const row = i * size
    let sum = a[row + i]! * v[i]!
    for (let j = start; j < i; j++) {
      sum += a[row + j]! * v[j]!
      w[j]! += a[row + j]! * v[i]!
    }
    w[i]! += sum
  }
  let vp = 0
  for (let i = start; i < size; i++) {
    w[i]! *= scale
    vp += v[i]! * w[i]!
  }
  const share = (scale * vp) / 2
  for (let i = start; i < size; i++) w[i]! -= share * v[i]!
  for (let i = start; i < size; i++) {
    const row = i * size
    for (let j = start; j <= i; j++) a[row + j]! -= v[i]! * w[j]! + w[i]! * v[j]!
  }
}

/** QL steps with implicit shifts until entry k is an eigenvalue. */
function isolate(k: number, diagonal: Float64Array, beside: Float64Array, negligible: number): void {
  for (let step = 0; ; step++) {
    const end = endOfBlock(k, beside, negligible)
    if (end === k) return
    if (step === 100) throw new Error('symmetricEigenvalues: no convergence after 100 steps')
    const slope = (diagonal[k + 1]! - diagonal[k]!) / (2 * beside[k]!)
    const root = Math.sqrt(slope * slope + 1)
    let g = diagonal[end]! - diagonal[k]! + beside[k]! / (slope + (slope < 0 ? -root : root))
    let sine = 1
    let cosine = 1
    let moved = 0
    let i = end - 1
    for (; i >= k; i--) {
      const f = sine * beside[i]!
      const b = cosine * beside[i]!
      const r = Math.sqrt(f * f + g * g)
      beside[i + 1] = r
      if (r === 0) {
        diagonal[i + 1]! -= moved
        break
      }
      sine = f / r
      cosine = g / r
      g = diagonal[i + 1]! - moved
      const turned = (diagonal[i]! - g) * sine + 2 * cosine * b
      moved = sine * turned
      diagonal[i + 1] = g + moved
      g = cosine * turned - b
    }
    beside[end] = 0
    if (i >= k) continue
    diagonal[k]! -= moved
    beside[k] = g
  }
}

/** The first index from k on whose coupling to the next is lost in rounding. */
function endOfBlock(k: number, beside: Float64Array, negligible: number): number {
  let end = k
  while (end < beside.length - 1 && Math.abs(beside[end]!) > negligible) end++
  return end
}
