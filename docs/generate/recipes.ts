import { recipes } from '@sedi/kit'
import { stringify } from 'yaml'
import { block, code, table } from './markdown.ts'

/** What each recipe sets, from the recipes themselves. */
export function recipesPage(): string {
  const all = Object.values(recipes)
  const keys = [...new Set(all.flatMap(({ defaults }) => leaves(defaults).map(([key]) => key)))].sort()
  const value = (defaults: object, key: string): string => code(String(leaves(defaults).find(([name]) => name === key)?.[1] ?? ''))
  return [
    '# What recipes set',
    'Named defaults, laid under what you write; what none of them sets has the default of the [configuration](configuration.md). When to use which: [recipes](../recipes.md).',
    table(
      ['key', ...all.map(({ id }) => code(id))],
      keys.map((key) => [code(key), ...all.map(({ defaults }) => value(defaults, key))]),
    ),
    ...all.flatMap(({ id, title, source, defaults }) => [`## ${id}`, `${title}. Source: ${source}.`, block('yaml', stringify(defaults))]),
  ]
    .join('\n\n')
    .concat('\n')
}

function leaves(tree: object, prefix = ''): [string, unknown][] {
  return Object.entries(tree).flatMap(([name, value]): [string, unknown][] =>
    value !== null && typeof value === 'object' && !Array.isArray(value) ? leaves(value, `${prefix}${name}.`) : [[`${prefix}${name}`, value]],
  )
}
