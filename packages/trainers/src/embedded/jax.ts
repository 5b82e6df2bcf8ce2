import { SediError } from '@sedi/spec'

/**
 * What we use of jax-js 0.1.25. This file is the only one that knows the library; the types here are narrower than its own.
 *
 * Ownership: every function and method consumes its array arguments (their receiver included), `dataSync` too; `x.ref` is one more use of `x`.
 */
export interface Tensor {
  readonly shape: number[]
  readonly ref: Tensor
  add(other: Tensor | number): Tensor
  sub(other: Tensor | number): Tensor
  mul(other: Tensor | number): Tensor
  reshape(shape: readonly number[]): Tensor
  transpose(axes?: readonly number[]): Tensor
  dispose(): void
  /** The values, row-major. */
  dataSync(): Float32Array
}

type Keep = { readonly keepdims: boolean }

export interface Jax {
  readonly numpy: {
    array(values: Float32Array | Int32Array): Tensor
    arange(end: number): Tensor
    matmul(a: Tensor, b: Tensor): Tensor
    exp(x: Tensor): Tensor
    log(x: Tensor): Tensor
    sqrt(x: Tensor): Tensor
    square(x: Tensor): Tensor
    reciprocal(x: Tensor): Tensor
    sum(x: Tensor, axis?: number, options?: Keep): Tensor
    mean(x: Tensor, axis?: number, options?: Keep): Tensor
    max(x: Tensor, axis?: number, options?: Keep): Tensor
    equal(a: Tensor, b: Tensor): Tensor
    lessEqual(a: Tensor, b: Tensor | number): Tensor
    where(condition: Tensor, a: Tensor | number, b: Tensor | number): Tensor
    split(x: Tensor, indices: readonly number[], axis: number): Tensor[]
  }
  readonly nn: { gelu(x: Tensor, options: { readonly approximate: boolean }): Tensor }
  readonly lax: { stopGradient(x: Tensor): Tensor }
  jit<F>(compute: F): F
  /** For a function that returns `[scalar, auxiliary]`: that, and the gradients of the scalar by the arguments named. */
  valueAndGrad<Arguments extends readonly unknown[], Aux, Gradients>(
    compute: (...parameters: Arguments) => [Tensor, Aux],
    options: { readonly argnums: readonly number[]; readonly hasAux: true },
  ): (...parameters: Arguments) => [[Tensor, Aux], Gradients]
}

let loading: Promise<Jax> | undefined

/** jax-js on its WebAssembly device, loaded on first use. Throws `missing-dependency` where the optional peer is not installed. */
export function loadJax(): Promise<Jax> {
  loading ??= import('@jax-js/jax').then(async (library) => {
    await library.init('wasm')
    library.defaultDevice('wasm')
    return library as unknown as Jax
  }, missingJax)
  return loading
}

export const jaxPackage = '@jax-js/jax'
export const jaxVersion = '0.1.25'

export function missingJax(cause: unknown): never {
  throw new SediError(
    'missing-dependency',
    `The embedded trainer needs ${jaxPackage} ${jaxVersion}, which is not installed. Install it with: npm install ${jaxPackage}@${jaxVersion}`,
    { cause },
  )
}
