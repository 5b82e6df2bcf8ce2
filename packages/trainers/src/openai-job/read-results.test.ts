import { expect, test } from 'vitest'
import { parseReply } from './parse-reply.ts'
import { readResults } from './read-results.ts'
import { gather } from './told-steps.ts'

const csv = 'step,train_loss,train_accuracy,valid_loss\n1,2.5,0.1,\n2,,,1.9\n3,1e-1,0.2,\n'

test('result files are read plainly, in base64, with the quirks of spreadsheets; nothing is made up for empty cells', () => {
  const steps = [
    { step: 1, loss: 2.5 },
    { step: 3, loss: 0.1 },
  ]
  const base64 = Buffer.from(csv).toString('base64')
  const quirks = [csv, base64, `${base64.slice(0, 20)}\n${base64.slice(20)}\n`, `\uFEFF${csv}`, csv.replaceAll('\n', '\r\n')]
  for (const text of quirks) expect(readResults(text), JSON.stringify(text.slice(0, 30))).toEqual(steps)
  expect(readResults('"Step","Train_Loss"\r\n1.0,2\r\n')).toEqual([{ step: 1, loss: 2 }])
  expect(readResults('train_loss,step\nnan,4\ninf,5\noops,6\n')).toEqual([4, 5, 6].map((step) => ({ step, loss: Number.NaN })))
  for (const other of ['', 'epoch,loss\n1,2\n', '<html></html>', 'YWJj']) expect(readResults(other)).toBeUndefined()
})

test('replies with numbers that JSON does not have are read, and texts stay as they are', () => {
  expect(parseReply('{"a": [NaN, -Infinity, 1], "b": "NaN, \\"Infinity\\""}')).toEqual({ a: [null, null, 1], b: 'NaN, "Infinity"' })
  expect(parseReply('<html>')).toBe('<html>')
  expect(parseReply('')).toBe('')
})

test('what is told of steps is put together without inventing any', () => {
  const events = [
    { step: 1, loss: 2 },
    { step: 3, loss: 1 },
    { step: 3, loss: 9 },
    { step: 0, loss: 5 },
  ]
  const results = [
    { step: 1, loss: 2.0004 },
    { step: 2, loss: 1.5 },
    { step: 3, loss: 1.2 },
    { step: 2.5, loss: 1 },
    { step: 7, loss: 1 },
  ]
  expect(gather(events, results, 6)).toEqual({
    usable: [
      { step: 1, loss: 2 },
      { step: 3, loss: 1 },
      { step: 2, loss: 1.5 },
    ],
    nanAt: undefined,
    warnings: [
      'steps 0, 2.5, 7 were told that none of our batches has',
      'step 3 was told more than once; the first figure stays',
      'step 3 was told with different losses; the first figure stays',
    ],
  })
  expect(gather([{ step: 2, loss: Number.NaN }], results, 6)).toMatchObject({ usable: [{ step: 1, loss: 2.0004 }], nanAt: 2 })
  expect(gather([], [], 6)).toEqual({ usable: [], nanAt: undefined, warnings: [] })
})
