import { SediError } from '@sedi/spec'
import type { Columns } from '@sedi/store'
import { Document, isMap, parseDocument } from 'yaml'
import { featuresOf } from '../features.ts'
import { checkLicense } from '../licenses.ts'

export type SplitFile = { readonly name: 'train' | 'test'; readonly path: string; readonly rows: number; readonly bytes: number; readonly arrowBytes: number }

export type CardHead = {
  readonly repo: string
  /** Undefined: what the card that is there says. */
  readonly license: string | undefined
  readonly language: readonly string[] | undefined
  readonly title: string | undefined
  readonly columns: Columns
  readonly splits: readonly SplitFile[]
}

const begin = '<!-- sedi: begin. A push replaces what is between these two lines and keeps everything else. -->'
const beginPattern = /<!-- sedi: begin\b[^>]*-->/g
const end = '<!-- sedi: end -->'

/** A data card taken apart: metadata, and text. */
export type Card = { readonly head: Document; readonly body: string }

/** Throws `invalid-input` for metadata that is no YAML: a push would lose it. */
export function readCard(text: string): Card {
  const match = /^\uFEFF?---[ \t]*\r?\n([\s\S]*?)(?:\r?\n)?---[ \t]*(?:\r?\n|$)/.exec(text)
  if (match === null) return { head: new Document({}), body: text }
  const head = parseDocument(match[1]!)
  if (head.errors.length > 0 || !(head.contents === null || isMap(head.contents)))
    throw new SediError(
      'invalid-input',
      `The metadata at the top of the card that is there (README.md) cannot be read: ${head.errors[0]?.message.split('\n')[0] ?? 'not a mapping'}. Correct it on the hub, then push again.`,
    )
  return { head, body: text.slice(match[0].length) }
}

/** The licence that a card names; undefined where it names none. */
export const licenseOf = ({ head }: Card): string | undefined => (typeof head.get('license') === 'string' ? (head.get('license') as string) : undefined)

/** Nobody but its publisher can say it. */
export const missingLicense = (): SediError =>
  new SediError(
    'invalid-config',
    'Under which licence is this data published? Say it with --license: cc-by-4.0, cc0-1.0, odc-by, …; what the terms of the teacher’s provider allow comes first.',
  )

/**
 * The card with our metadata and our part renewed. Of a card that is there, everything else stays: other metadata, with its comments, and all text outside
 * our two lines. Throws `invalid-config` without a licence, `invalid-input` where the two lines are not there as a pair.
 */
export function renewCard(existing: string | undefined, card: CardHead, ours: string): string {
  const { head, body } = readCard(existing ?? '')
  const renewed = renewHead(head, card)
  const title = String(renewed.get('pretty_name'))
  const text = existing === undefined || body.trim() === '' ? `# ${title}\n\n${framed(ours)}\n` : renewBody(body, ours)
  return `---\n${renewed.toString({ lineWidth: 0 })}---\n\n${text.replace(/^\s+/, '')}`
}

const framed = (ours: string): string => `${begin}\n\n${ours.trim()}\n\n${end}`

function renewBody(body: string, ours: string): string {
  const begins = [...body.matchAll(beginPattern)]
  const ends = body.split(end).length - 1
  if (begins.length === 0 && ends === 0) return `${body.trimEnd()}\n\n${framed(ours)}\n`
  const from = begins[0]?.index ?? -1
  const to = body.indexOf(end)
  if (begins.length !== 1 || ends !== 1 || to < from)
    throw new SediError(
      'invalid-input',
      `In the card that is there (README.md) the two lines around SeDi’s part, “${begin.slice(0, 16)}… -->” and “${end}”, are not there once each, in this order. Correct them on the hub, or delete both, then push again.`,
    )
  return `${body.slice(0, from)}${framed(ours)}${body.slice(to + end.length)}`
}

function renewHead(existing: Document, { repo, license, language, title, columns, splits }: CardHead): Document {
  const head = existing.contents === null ? new Document({}) : existing
  const before = (head.toJS() ?? {}) as Readonly<Record<string, unknown>>
  const set = (key: string, value: unknown): void => {
    // What is the same stays as it is written: a card that is pushed twice does not change.
    if (JSON.stringify(before[key]) !== JSON.stringify(value)) head.set(key, head.createNode(value))
  }
  const named = license ?? before.license
  if (typeof named !== 'string') throw missingLicense()
  const total = splits.reduce((sum, { rows }) => sum + rows, 0)
  set('license', license === undefined ? named : checkLicense(license))
  if (language !== undefined) set('language', language)
  set('pretty_name', title ?? before.pretty_name ?? titleOf(repo))
  set('tags', union(before.tags, ['synthetic', 'instruction-tuning', 'sedi']))
  set('task_categories', before.task_categories ?? ['text-generation'])
  set('annotations_creators', before.annotations_creators ?? ['machine-generated'])
  set('language_creators', before.language_creators ?? ['machine-generated'])
  set('source_datasets', before.source_datasets ?? ['original'])
  set('size_categories', [sizeCategory(total)])
  set('configs', [...others(before.configs), { config_name: 'default', data_files: splits.map(({ name: split, path }) => ({ split, path })) }])
  const info = {
    features: featuresOf(columns),
    splits: splits.map(({ name, rows, arrowBytes }) => ({ name, num_bytes: arrowBytes, num_examples: rows })),
    download_size: splits.reduce((sum, { bytes }) => sum + bytes, 0),
    dataset_size: splits.reduce((sum, { arrowBytes }) => sum + arrowBytes, 0),
  }
  const otherInfos = others(before.dataset_info)
  set('dataset_info', otherInfos.length === 0 ? info : [...otherInfos, { config_name: 'default', ...info }])
  return head
}

/** Parts of a list that are about another configuration than ours. */
function others(list: unknown): readonly object[] {
  if (!Array.isArray(list)) return []
  return list.filter((one) => typeof one === 'object' && one !== null && 'config_name' in one && one.config_name !== 'default')
}

const union = (before: unknown, ours: readonly string[]): unknown[] => [
  ...new Set([...(Array.isArray(before) ? before : typeof before === 'string' ? [before] : []), ...ours]),
]

function titleOf(repo: string): string {
  const words = repo
    .split('/')[1]!
    .replaceAll(/[-_.]+/g, ' ')
    .trim()
  return `${words.slice(0, 1).toUpperCase()}${words.slice(1)}`
}

/** As the hub groups data sets by their rows. */
export function sizeCategory(rows: number): string {
  const names = ['1K', '10K', '100K', '1M', '10M', '100M', '1B', '10B', '100B', '1T']
  const at = names.findIndex((_, i) => rows < 1000 * 10 ** i)
  if (at === 0) return 'n<1K'
  return at < 0 ? 'n>1T' : `${names[at - 1]}<n<${names[at]}`
}
