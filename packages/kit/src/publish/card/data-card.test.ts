import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { type CardHead, readCard, renewCard, sizeCategory } from './data-card.ts'

const head: CardHead = {
  repo: 'me/my-poems',
  license: 'cc-by-4.0',
  language: undefined,
  title: undefined,
  columns: { messages: { list: { role: 'string', content: 'string' } }, round: 'int' },
  splits: [
    { name: 'train', path: 'data/train-00000-of-00001.parquet', rows: 900, bytes: 1000, arrowBytes: 3000 },
    { name: 'test', path: 'data/test-00000-of-00001.parquet', rows: 100, bytes: 200, arrowBytes: 500 },
  ],
}
const metadataOf = (card: string): Record<string, unknown> => parse(/^---\n([\s\S]*?)---\n/.exec(card)![1]!)

describe('a new card', () => {
  const card = renewCard(undefined, head, 'FIGURES')

  it('has metadata that datasets and the hub go by', () => {
    expect(metadataOf(card)).toMatchObject({
      license: 'cc-by-4.0',
      pretty_name: 'My poems',
      size_categories: ['1K<n<10K'],
      configs: [{ config_name: 'default', data_files: head.splits.map(({ name: split, path }) => ({ split, path })) }],
      dataset_info: {
        features: [
          {
            name: 'messages',
            list: [
              { name: 'role', dtype: 'string' },
              { name: 'content', dtype: 'string' },
            ],
          },
          { name: 'round', dtype: 'int64' },
        ], // prettier-ignore
        splits: [
          { name: 'train', num_bytes: 3000, num_examples: 900 },
          { name: 'test', num_bytes: 500, num_examples: 100 },
        ], // prettier-ignore
        download_size: 1200,
        dataset_size: 3500,
      },
    })
    expect(card).toContain('# My poems\n\n<!-- sedi: begin.')
  })

  it('stays the same to the byte when it is renewed with the same', () => {
    expect(renewCard(card, { ...head, license: undefined }, 'FIGURES')).toBe(card)
  })

  it('needs a licence that the hub knows', () => {
    expect(() => renewCard(undefined, { ...head, license: undefined }, '')).toThrow(/Under which licence/)
    expect(() => renewCard(undefined, { ...head, license: 'CC BY 4' }, '')).toThrow(/expected a licence as the hub names it/)
  })
})

describe('a card that is there', () => {
  const theirs = `---
# chosen with care
license: mit
tags: [poetry]
viewer: false
configs:
  - config_name: extra
    data_files: extra.csv
---

# Poems of mine

Why I made this.

<!-- sedi: begin. Whatever it said. -->
old figures
<!-- sedi: end -->

Thanks to everybody.
`
  const card = renewCard(theirs, { ...head, license: undefined, language: ['en'] }, 'NEW FIGURES')

  it('keeps the text outside the two lines, other metadata and its comments; only our part is new', () => {
    for (const words of ['# chosen with care', 'viewer: false', '# Poems of mine', 'Why I made this.', 'Thanks to everybody.', 'NEW FIGURES'])
      expect(card).toContain(words)
    expect(card).not.toContain('old figures')
    expect(metadataOf(card)).toMatchObject({ license: 'mit', language: ['en'], tags: ['poetry', 'synthetic', 'instruction-tuning', 'sedi'] })
    expect(metadataOf(card).configs).toEqual([{ config_name: 'extra', data_files: 'extra.csv' }, expect.objectContaining({ config_name: 'default' })])
  })

  it('takes a licence that is said over the one that is there', () => {
    expect(metadataOf(renewCard(theirs, head, '')).license).toBe('cc-by-4.0')
  })

  it('gets our part at its end when it has none, also without metadata', () => {
    const appended = renewCard('Only words.\n', head, 'FIGURES')
    expect(appended).toMatch(/---\n\nOnly words\.\n\n<!-- sedi: begin[^\n]*\n\nFIGURES\n\n<!-- sedi: end -->\n$/)
  })

  it('is not guessed at where the two lines are broken, or the metadata', () => {
    for (const broken of ['<!-- sedi: begin. -->\nx', 'x\n<!-- sedi: end -->', '<!-- sedi: end -->\n<!-- sedi: begin. -->', `${theirs}<!-- sedi: end -->`])
      expect(() => renewCard(broken, head, '')).toThrow(/not there once each/)
    expect(() => readCard('---\na: [\n---\nx')).toThrow(/cannot be read/)
    expect(() => readCard('---\n- a\n---\nx')).toThrow(/not a mapping/)
  })
})

it('sizes are grouped as on the hub', () => {
  expect([0, 999, 1000, 9_999, 10_000, 5e6, 2e12].map(sizeCategory)).toEqual(['n<1K', 'n<1K', '1K<n<10K', '1K<n<10K', '10K<n<100K', '1M<n<10M', 'n>1T'])
})
