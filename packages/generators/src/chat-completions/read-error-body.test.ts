import { describe, expect, it } from 'vitest'
import { readErrorBody } from './read-error-body.ts'

const json = JSON.stringify

describe('readErrorBody', () => {
  it.each([
    ['OpenAI', json({ error: { message: 'words', type: 't', param: 'p', code: 'c' } }), { message: 'words', type: 't', param: 'p', code: 'c' }],
    [
      'llama.cpp',
      json({ error: { message: 'Loading model', type: 'unavailable_error', code: 503 } }),
      { message: 'Loading model', type: 'unavailable_error', code: 503 },
    ],
    ['Ollama', json({ error: 'model not found' }), { message: 'model not found' }],
    [
      'older vLLM',
      json({ object: 'error', message: 'words', type: 'BadRequestError', param: null, code: 400 }),
      { message: 'words', type: 'BadRequestError', code: 400 },
    ],
    ['a gateway', json({ statusCode: 401, message: 'Unauthorized' }), { message: 'Unauthorized' }],
    ['a list of one', json([{ error: { message: 'words', code: 400 } }]), { message: 'words', code: 400 }],
    ['no words', json({ ok: false }), { message: '{"ok":false}' }],
    ['a page', '<html>Bad gateway</html>', { message: '<html>Bad gateway</html>' }],
    ['nothing', '', { message: '' }],
    ['null', 'null', { message: 'null' }],
    ['an empty list', '[]', { message: '[]' }],
    ['detail in words', json({ detail: 'Not authenticated' }), { message: 'Not authenticated' }],
  ])('reads what %s says', (_, body, expected) => {
    expect(readErrorBody(body)).toEqual(expected)
  })

  const detail = [{ type: 'extra_forbidden', loc: ['body', 'seed'], msg: 'Extra inputs are not permitted', input: 1 }]
  const fields = [{ param: 'seed', code: 'extra_forbidden', message: 'Extra inputs are not permitted' }]

  // The last two as quoted in ChatterUI issue 143 and platform-docs-public issue 7.
  it.each([
    ['FastAPI', json({ detail })],
    ['Mistral', json({ object: 'error', message: { detail }, type: 'invalid_request_error', param: null, code: null })],
    ['Mistral, as text', json({ object: 'error', message: json({ detail }), type: 'internal_error_proxy', param: null, code: '1000' })],
  ])('reads the fields of %s', (_, body) => {
    expect(readErrorBody(body)).toMatchObject({ message: 'seed: Extra inputs are not permitted', fields })
  })

  it('reads what the host behind OpenRouter said', () => {
    const raw = json({ error: { message: "Unsupported parameter: 'temperature'", param: 'temperature', code: 'unsupported_parameter' } })
    expect(readErrorBody(json({ error: { message: 'Provider returned error', code: 400, metadata: { raw, provider_name: 'X' } } }))).toMatchObject({
      message: "Provider returned error: Unsupported parameter: 'temperature'",
      param: 'temperature',
      code: 'unsupported_parameter',
    })
  })
})
