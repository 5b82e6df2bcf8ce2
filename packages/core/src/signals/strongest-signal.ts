import { signals } from './registry.gen.ts'
import type { SignalNeed, SignalRule } from './signal.ts'

/** The rules that `auto` chooses from, strongest first. */
const order = Object.values<SignalRule>(signals)
  .filter(({ fallback }) => fallback !== undefined)
  .sort((a, b) => a.fallback! - b.fallback!)

/** The strongest signal that can be had; undefined when there is none. */
export function strongestSignal(available: ReadonlySet<SignalNeed>): SignalRule | undefined {
  return order.find(({ needs }) => needs.every((need) => available.has(need)))
}
