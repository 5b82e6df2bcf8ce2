/** Who wrote the texts, as the ledger has it. */
export type WritingModel = { readonly provider: string; readonly model: string }

type Terms = { readonly applies: (writer: WritingModel) => boolean; readonly says: string }

const named = (pattern: RegExp) => (writer: WritingModel) => pattern.test(writer.model)

/**
 * What is known of terms that reach the outputs of a model, to remind people; no advice, and not complete. By the model's name first, since the same model is
 * sold by many.
 */
const known: readonly Terms[] = [
  {
    applies: ({ provider, model }) => provider === 'simulated' || provider === 'replay' || /^simulated/.test(model),
    says: 'written by a program, not by a model: no provider’s terms reach it.',
  },
  {
    applies: ({ provider, model }) => provider === 'openai' || provider === 'azure' || /(^|\/)(gpt-(?!oss)|o[1-9]|chatgpt)/i.test(model),
    says: 'OpenAI’s terms forbid using output to develop models that compete with OpenAI (openai.com/policies). Whoever trains on this data should read them.',
  },
  {
    applies: named(/claude/i),
    says: 'Anthropic’s terms forbid using the service to build competing products, training competing models included (anthropic.com/legal).',
  },
  {
    applies: named(/gemini/i),
    says: 'Google’s terms for the Gemini API forbid using it to develop models that compete with it (ai.google.dev/gemini-api/terms).',
  },
  {
    applies: named(/gemma/i),
    says: 'Google’s Gemma terms count models trained on its outputs as derivatives, to which the terms apply (ai.google.dev/gemma/terms).',
  },
  {
    applies: named(/llama/i),
    says: 'Meta’s Llama licences ask, from 3.1 on, that a model trained on outputs has “Llama” at the beginning of its name when it is passed on (llama.com).',
  },
]

/** A sentence for the card about one model. */
export function termsOf(writer: WritingModel): string {
  const says = known.find(({ applies }) => applies(writer))?.says
  return `${writer.model} by ${writer.provider}: ${says ?? 'SeDi does not know its terms. The model’s licence and the provider’s terms may limit what outputs are used for, training other models above all.'}`
}
