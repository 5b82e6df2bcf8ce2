import { differenceRows, diversityRows, figureCaption, figureRows, type RunComparison, shortValue } from '@sedi/kit'
import { formatTable } from './format.ts'

/** The comparison for a terminal: figures side by side, differences with intervals, notes, and what may be quoted. */
export function renderRunComparison(comparison: RunComparison): string {
  const { runs, evaluations, configuration, notes, quote } = comparison
  const heads = runs.map(({ name }) => name)
  const reports = runs.map(({ report }) => report)
  return [
    ...runs.map(({ name, report }) => `${name}: ${report.run}, ${report.state}`),
    '',
    formatTable([...figureRows(heads, reports), ...diversityRows(comparison)]),
    '',
    figureCaption(comparison),
    ...(evaluations.length === 0 ? [] : ['', formatTable(differenceRows(comparison))]),
    '',
    configuration.length === 0 ? 'Nothing in their configurations that changes results is different.' : 'Different in the configuration:',
    ...configuration.map(({ key, values }) => `  ${key}: ${values.map(shortValue).join(' | ')}`),
    ...(notes.length === 0 ? [] : ['', ...notes.map((note) => `note  ${note}`)]),
    '',
    quote,
  ].join('\n')
}
