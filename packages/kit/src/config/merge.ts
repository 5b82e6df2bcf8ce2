type Tree = Readonly<Record<string, unknown>>

export const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null && !Array.isArray(value)

/** `over` wins, key by key; arrays and other values are replaced whole. An adapter with another `id` replaces the whole adapter. */
export function mergeConfig(under: Tree, over: Tree): Tree {
  const merged: Record<string, unknown> = { ...under }
  for (const [key, value] of Object.entries(over)) {
    const below = merged[key]
    const another = isTree(value) && isTree(below) && 'id' in value && 'id' in below && value.id !== below.id
    merged[key] = isTree(value) && isTree(below) && !another ? mergeConfig(below, value) : value
  }
  return merged
}

/** Sets `a.b.c` in a copy. */
export function setPath(tree: Tree, path: readonly string[], value: unknown): Tree {
  const [key, ...rest] = path
  if (key === undefined) return tree
  const below = tree[key]
  return { ...tree, [key]: rest.length === 0 ? value : setPath(isTree(below) ? below : typeof below === 'string' ? { id: below } : {}, rest, value) }
}
