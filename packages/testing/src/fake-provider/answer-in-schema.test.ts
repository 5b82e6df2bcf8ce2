import { describe, expect, it } from 'vitest'
import { answerInSchema } from './answer-in-schema.ts'

const text =
  'Sure!\n###\n1. Instruction: Sort these.\n1. Input:\nb a\n1. Output:\na b\n###\n2. Instruction: Say hi.\n2. Input:\n<noinput>\n2. Output:\nhi\n###\n3. Instruction: Half'
const tasks = [
  { instruction: 'Sort these.', input: 'b a', output: 'a b' },
  { instruction: 'Say hi.', input: '', output: 'hi' },
]
const object = (properties: object) => ({ type: 'object', properties, required: Object.keys(properties), additionalProperties: false })

describe('answerInSchema', () => {
  it('is any JSON without a schema', () => {
    expect(JSON.parse(answerInSchema(text, {}))).toEqual({ tasks })
  })

  it('has an object for each task', () => {
    const item = object({ instruction: { type: 'string' }, input: { type: ['string', 'null'] }, output: { type: 'string' } })
    expect(JSON.parse(answerInSchema(text, object({ tasks: { type: 'array', items: item } })))).toEqual({ tasks })
  })

  it('follows enums, numbers, references and unions', () => {
    const schema = {
      ...object({
        first: { $ref: '#/$defs/kind' },
        score: { anyOf: [{ type: 'null' }, { type: 'integer', minimum: 3 }] },
        list: { type: 'array', items: { type: 'string' } },
      }),
      $defs: { kind: { enum: ['open', 'closed'] } },
    }
    const answer = JSON.parse(answerInSchema(text, schema)) as { first: string; score: number; list: string[] }
    expect(['open', 'closed']).toContain(answer.first)
    expect(answer.score).toBe(3)
    expect(answer.list).toEqual(['Sort these.', 'Say hi.'])
  })

  it('takes a text without tasks whole', () => {
    expect(JSON.parse(answerInSchema('Yes.', object({ answer: { type: 'string' } })))).toEqual({ answer: 'Yes.' })
  })
})
