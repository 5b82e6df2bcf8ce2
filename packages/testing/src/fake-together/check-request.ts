/** A row of a training file. */
export type TrainingRow = { readonly prompt: string; readonly completion: string }

export type CreateBody = Readonly<Record<string, unknown>> & {
  readonly model?: string
  readonly from_checkpoint?: string
  readonly training_file: string
  readonly suffix?: string
  readonly batch_size: number
  readonly gradient_accumulation_steps: number
  readonly learning_rate: number
  readonly max_grad_norm: number
  readonly random_seed: number
}

export const limitsOf = (model: string): object => ({
  model_name: model,
  default_gradient_accumulation_steps: 2,
  lora_training: { max_batch_size: 32, max_batch_size_dpo: 16, max_rank: 64, min_batch_size: 4, target_modules: ['k_proj', 'o_proj', 'q_proj', 'v_proj'] },
  full_training: { max_batch_size: 32, max_batch_size_dpo: 16, min_batch_size: 4 },
  max_learning_rate: 1,
  max_num_checkpoints: 10,
  max_num_epochs: 20,
  max_num_evals: 100,
  max_seq_length_dpo: 4096,
  max_seq_length_sft: 8192,
  merge_output_lora: true,
  min_learning_rate: 1e-8,
  min_max_seq_length: 64,
  supports_full_training: true,
  supports_reasoning: false,
  supports_tools: false,
  supports_vision: false,
})

type Check = (value: unknown) => boolean
const isText: Check = (value) => typeof value === 'string' && value !== ''
const isCount: Check = (value) => Number.isInteger(value) && (value as number) >= 1
const between =
  (low: number, high: number): Check =>
  (value) =>
    typeof value === 'number' && value >= low && value <= high
const isLinear: Check = (value) => {
  const { lr_scheduler_type: type, lr_scheduler_args: own } = value as { lr_scheduler_type?: unknown; lr_scheduler_args?: { min_lr_ratio?: unknown } }
  return (type === 'linear' || type === 'cosine') && (own === undefined || between(0, 1)(own.min_lr_ratio))
}

const trainingType: Check = (value) => {
  const { type, lora_r: rank, lora_alpha: alpha } = value as Record<string, unknown>
  return type === 'Full' || (type === 'Lora' && between(1, 64)(rank) && between(0, 1e6)(alpha))
}
const trainingMethod: Check = (value) => (value as { method?: unknown }).method === 'sft'

const createFields: Readonly<Record<string, Check>> = {
  model: isText,
  from_checkpoint: isText,
  training_file: isText,
  suffix: (value) => isText(value) && /^[A-Za-z0-9._-]{1,64}$/.test(value as string),
  n_epochs: between(1, 20),
  n_checkpoints: between(1, 10),
  batch_size: between(4, 32),
  gradient_accumulation_steps: isCount,
  learning_rate: between(1e-8, 1),
  lr_scheduler: isLinear,
  warmup_ratio: between(0, 1),
  max_grad_norm: between(0, Number.MAX_VALUE),
  weight_decay: between(0, Number.MAX_VALUE),
  max_seq_length: between(64, 8192),
  packing: (value) => typeof value === 'boolean',
  random_seed: Number.isInteger,
  training_method: trainingMethod,
  training_type: trainingType,
}
const estimateFields: Readonly<Record<string, Check>> = {
  model: isText,
  from_checkpoint: isText,
  training_file: isText,
  n_epochs: between(1, 20),
  training_method: trainingMethod,
  training_type: trainingType,
}

/** What is wrong with a request, fields nobody knows included; undefined: nothing. */
export function findProblem(body: Readonly<Record<string, unknown>>, kind: 'create' | 'estimate'): string | undefined {
  const fields = kind === 'create' ? createFields : estimateFields
  for (const [name, value] of Object.entries(body)) {
    if (fields[name] === undefined) return `unknown field: ${name}`
    if (!fields[name](value)) return `invalid value for ${name}: ${JSON.stringify(value)}`
  }
  if (body.training_file === undefined) return 'training_file is required'
  if ((body.model === undefined) === (body.from_checkpoint === undefined)) return 'specify either a model or a checkpoint to start a job from, not both'
  return undefined
}

/** The rows of a file of conversations; a text where it is none. */
export function readTrainingFile(content: string): readonly TrainingRow[] | string {
  const rows: TrainingRow[] = []
  for (const [i, line] of content.trimEnd().split('\n').entries()) {
    const where = `line ${i + 1} of the input file`
    let row: { messages?: readonly { role?: unknown; content?: unknown }[] }
    try {
      row = JSON.parse(line) as typeof row
    } catch {
      return `Error parsing ${where}: not JSON`
    }
    const roles = row.messages?.map(({ role }) => role).join()
    const texts = row.messages?.map(({ content: text }) => text) ?? []
    if (roles !== 'user,assistant' || !texts.every((text) => typeof text === 'string'))
      return `Invalid format on ${where}: expected user and assistant messages`
    rows.push({ prompt: texts[0] as string, completion: texts[1] as string })
  }
  return rows
}

/** A token for every four characters; the service's own count, which nobody else needs to agree with. */
export const tokensIn = (rows: readonly TrainingRow[]): number =>
  rows.reduce((sum, { prompt, completion }) => sum + Math.ceil((prompt.length + completion.length) / 4), 0)
