import type { ResponseFormat } from '@sedi/spec'
import { answered, type Fault, type Faults, refuse, say } from './fault.ts'

const docs = 'OpenAI API docs, structured outputs'

const responseFormat: ResponseFormat = {
  name: 'tasks',
  schema: {
    type: 'object',
    properties: {
      tasks: {
        type: 'array',
        items: {
          type: 'object',
          properties: { instruction: { type: 'string' }, kind: { enum: ['open', 'classification'] } },
          required: ['instruction', 'kind'],
          additionalProperties: false,
        },
      },
    },
    required: ['tasks'],
    additionalProperties: false,
  },
}

/** Only requests for structured output meet them. */
const structuredFault = (fault: Omit<Fault, 'applies' | 'when'>): Fault => ({
  ...fault,
  applies: ({ schema }) => schema !== undefined,
  when: { responseFormat },
})

/** An answer that is not of the schema. */
const instead = (about: string, source: string, text: (taught: string) => string): Fault =>
  structuredFault({ about, source, act: say((_, taught) => ({ text: text(taught.text) })), expected: answered })

/** What comes of a request for an answer in a JSON schema. */
export const structured = {
  'schema-ignored': instead(
    'text where JSON was asked for',
    'OpenRouter API docs, structured outputs: not every host holds to it',
    () => '1. Instruction: Sort these words.\n1. Input:\nb a\n1. Output:\na b',
  ),
  'schema-wrong-enum': instead('JSON with a value outside its enum', `${docs}; seen with hosts that do not enforce`, (taught) =>
    taught.replaceAll(/"(?:open|classification)"/g, '"other"'),
  ),
  'schema-nulls': instead('JSON with null where a text must be', 'hosts that do not enforce the schema', (taught) =>
    taught.replaceAll(/:\s*"[^"]*"/g, ':null'),
  ),
  'schema-extra': instead('JSON with properties nobody asked for', 'hosts that do not enforce the schema', (taught) =>
    taught.replace(/^\{/, '{"thoughts":"Let me see.",'),
  ),
  'schema-string': instead('the JSON as a JSON string', 'models asked for JSON twice', (taught) => JSON.stringify(taught)),
  'schema-cut': structuredFault({
    about: 'JSON cut by the limit: finish_reason length',
    source: docs,
    act: say((_, taught) => ({ text: taught.text.slice(0, taught.text.length >> 1), finishReason: 'length' })),
    expected: { finishReason: 'length' },
  }),
  'schema-refused': structuredFault({
    about: '400 invalid_json_schema (requests without one are answered)',
    source: docs,
    act: refuse({
      status: 400,
      message:
        "Invalid schema for response_format 'tasks': In context=('properties', 'tasks'), 'additionalProperties' is required to be supplied and to be false.",
      param: 'response_format',
      code: 'invalid_json_schema',
    }),
    expected: { finishReason: 'stop', adapts: ['response_format'] },
  }),
  'schema-unsupported': structuredFault({
    about: '400: this model does not take response_format (requests without it are answered)',
    source: docs,
    act: refuse({
      status: 400,
      message: "Invalid parameter: 'response_format' of type 'json_schema' is not supported with this model.",
      param: 'response_format',
    }),
    expected: { finishReason: 'stop', adapts: ['response_format'] },
  }),
} satisfies Faults
