/** A colour between two, as CSS `color-mix(in srgb, …)` has it. Takes what a browser computes: `rgb(1, 2, 3)`. `share` of the second. */
export function mix(first: string, second: string, share: number): string {
  const [a, b] = [channels(first), channels(second)]
  return `rgb(${a.map((value, i) => Math.round(value + (b[i]! - value) * share)).join(', ')})`
}

const channels = (colour: string): number[] => (colour.match(/[\d.]+/g) ?? ['0', '0', '0']).slice(0, 3).map(Number)
