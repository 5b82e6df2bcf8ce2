import { describe, expect, it } from 'vitest'
import { piecesOf } from './marks.ts'

const shown = (text: string, ranges: [number, number][]): string =>
  piecesOf(text, ranges)
    .map((piece) => (piece.common ? `[${piece.text}]` : piece.text))
    .join('')

describe('piecesOf', () => {
  const text = 'the old cat, sat down'

  it.each<[string, [number, number][], string]>([
    ['no range', [], 'the old cat, sat down'],
    ['a word', [[4, 7]], 'the [old] cat, sat down'],
    [
      'words with a space between',
      [
        [0, 3],
        [4, 7],
      ],
      '[the old] cat, sat down',
    ],
    [
      'words with more between',
      [
        [8, 11],
        [13, 16],
      ],
      'the old [cat], [sat] down',
    ],
    [
      'in any order',
      [
        [13, 16],
        [0, 3],
      ],
      '[the] old cat, [sat] down',
    ],
    [
      'overlapping',
      [
        [0, 6],
        [4, 11],
      ],
      '[the old cat], sat down',
    ],
    ['everything', [[0, 21]], '[the old cat, sat down]'],
    [
      'outside the text',
      [
        [-5, 3],
        [17, 99],
        [50, 60],
      ],
      '[the] old cat, sat [down]',
    ],
    ['turned round', [[7, 4]], 'the old cat, sat down'],
  ])('%s', (_, ranges, expected) => expect(shown(text, ranges)).toBe(expected))

  it('loses nothing', () =>
    expect(
      piecesOf(text, [
        [4, 7],
        [13, 16],
      ])
        .map((piece) => piece.text)
        .join(''),
    ).toBe(text))
  it('an empty text has no pieces', () => expect(piecesOf('', [[0, 4]])).toEqual([]))
})
