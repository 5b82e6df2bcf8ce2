import { composers, seedPolicies } from '@sedi/core'
import { presets, providers } from '@sedi/generators'
import { strategies } from '@sedi/pipeline'
import { stringify } from 'yaml'
import { recipes } from '../recipes/registry.gen.ts'
import { trainers } from '../trainers.ts'

/** What a project is laid out with. */
export type ProjectChoices = {
  /** What the data is for, in words; only said, and used to choose seeds. */
  readonly purpose?: string | undefined
  /** A preset, `simulated` or another provider’s id. */
  readonly teacher: string
  readonly model?: string | undefined
  readonly baseUrl?: string | undefined
  /** Instructions to keep. */
  readonly kept: number
  /** The budget in dollars; only where the price is known. */
  readonly maxCostUsd?: number | undefined
  /** The budget in tokens, for prices that are unknown. */
  readonly maxTokens?: number | undefined
  readonly trainer: InitTrainer
  /** What the trainer begins with. */
  readonly baseModel?: string | undefined
  /** The seeds file, relative to the configuration. */
  readonly seeds: string
}

/** Trainers that a new project can name; the others need an account or a cluster, and docs/trainers.md. */
export const initTrainers = ['none', 'embedded', 'python'] as const
export type InitTrainer = (typeof initTrainers)[number]

/** Made up, so that money can be counted with the simulated teacher. */
const simulatedPrice = { inputPerMTokUsd: 0.25, outputPerMTokUsd: 2 }

const listed = (table: object, except: string): string =>
  Object.keys(table)
    .filter((id) => id !== except)
    .join(', ')

/** A value as YAML has it in one line. */
const yaml = (value: unknown): string => stringify(value, { flowCollectionPadding: true, collectionStyle: 'flow', lineWidth: 0 }).trim()

/**
 * A configuration with a comment for each key, and other choices as comments: each of those lines holds when it replaces the key above it, or is
 * put beside it.
 */
export function configText(choices: ProjectChoices): string {
  const { purpose, seeds, kept, trainer } = choices
  return `# Made by \`sedi init\`${purpose === undefined ? '' : ` for: ${purpose.replace(/\s+/g, ' ')}`}
# Check it with \`sedi doctor\`, see plan and price with \`sedi run --dry-run\`, then \`sedi run\`. Nothing is bought before that.
# Lines that begin with “#” and a key are other choices. Every key there is: docs/reference/configuration.md

# Named defaults for everything that is not said here. Also: ${listed(recipes, 'sedi')}.
recipe: sedi

# What the teacher is shown as examples; it imitates them, mistakes included. JSON lines of instruction, input, output.
seeds: ${yaml(seeds)}
# seeds: sedi:general           # the built-in seeds, for general purposes

${teacherText(choices)}
# How the teacher is asked. Also: ${listed(strategies, 'joint')}.
prompt:
  strategy: joint
  seedsPerPrompt: 3             # seeds shown in each prompt
  tasksPerCall: ${isSmallServer(choices) ? '8 ' : '20'}              # new tasks asked for in each call; fewer suit small models

# When the run is complete; whichever comes first.
target:
  kept: ${kept}
  # calls: 200                  # answers bought

${budgetText(choices)}
# What is kept: a new instruction is rejected when its ROUGE-L F with a seed or an earlier one is greater than the threshold.
filter:
  threshold: 0.85               # Self-Instruct’s is 0.7: less is kept, and each costs more
  # tokenizer: unicode          # for languages other than English
  # checks: { pii: drop, refusal: drop }  # flag notes it, drop rejects it, off does not look
  # benchmarks: [./my-test.jsonl]         # test sets that must not leak into the data
  # against: [./my-data.jsonl]            # data you have already: nothing like it is kept

${trainerText(choices)}
# How often the loop goes round; the seeds change between rounds.
rounds: ${trainer === 'none' ? 1 : 5}

# How fast the teacher is asked. What it states with its replies is kept to as well.
limits:
  concurrency: ${isSmallServer(choices) ? 4 : 16}                # calls in flight at once, at most
  # requestsPerMinute: 60
  # tokensPerMinute: 100000

# Where runs are kept.
store: ./runs

# Every random choice is derived from it: another number, another run.
randomSeed: 1
`
}

/** What one machine serves answers a few calls at a time. */
const isSmallServer = ({ teacher }: ProjectChoices): boolean => ['ollama', 'llama-cpp', 'lm-studio'].includes(teacher)

function teacherText(choices: ProjectChoices): string {
  const { teacher, model, baseUrl } = choices
  if (teacher === 'simulated')
    return `# The teacher: the model that writes the tasks. This one is simulated, in a made-up world of small questions: no key, no cost, no use for training a real
# model. For a real one: put its key into .env and write, for example,
#   generator: { id: openai, model: gpt-5-mini }                 with OPENAI_API_KEY
#   generator: { id: openai, preset: groq, model: <its name> }   with GROQ_API_KEY; presets: ${listed(presets, 'groq')}
#   generator: { id: openai, baseUrl: "http://127.0.0.1:8000/v1", model: <its name> }   for a server of your own
# and seeds of your own, because these are about the made-up world.
generator:
  id: simulated                 # also: ${listed(providers, 'simulated')}
  price: ${yaml(simulatedPrice)}  # made up, so that money can be counted
`
  const preset: (typeof presets)[keyof typeof presets] | undefined = Object.hasOwn(presets, teacher) ? presets[teacher as keyof typeof presets] : undefined
  const key = preset?.key
  const where = key === undefined ? '' : key.required ? ` Its key comes from ${key.env}, in the environment or in .env beside this file; never from here.` : ''
  const isPlainOpenai = teacher === 'openai' || (teacher === 'compatible' && baseUrl !== undefined)
  return `# The teacher: the model that writes the tasks.${where}
generator:
  id: ${preset === undefined ? teacher : 'openai'}                    # the protocol; also: ${listed(providers, 'openai')}
${preset === undefined || isPlainOpenai ? '' : `  preset: ${teacher.padEnd(21)} # whose server: ${preset.title}\n`}${baseUrl === undefined ? '' : `  baseUrl: ${yaml(baseUrl)}\n`}  model: ${yaml(model)}
  # temperature: 0.7            # default 1
${answerText(choices)}  # price: ${yaml(simulatedPrice)}  # dollars per million tokens, as your bill says
`
}

/** Thoughts count against the longest answer, and are billed. */
const thinks = (model = ''): boolean => /^(gpt-5|o\d)/.test(model)

function answerText(choices: ProjectChoices): string {
  if (thinks(choices.model))
    return `  maxOutputTokens: 6144         # the longest answer, thoughts included
  reasoningEffort: low          # how much it thinks first
`
  if (isSmallServer(choices))
    return '  maxOutputTokens: 1536         # the longest answer; with the prompt it must fit the context that the server was started with\n'
  return `  # maxOutputTokens: 2048       # the longest answer; default 3072. Models that think first need more
  # reasoningEffort: low        # how much a model thinks that does
`
}

function budgetText({ maxCostUsd, maxTokens }: ProjectChoices): string {
  const why = 'The worst case of every call is reserved before it is sent, so it is never exceeded: the run pauses, and'
  if (maxCostUsd !== undefined)
    return `# ${why}
# \`sedi resume <run> --max-cost 5\` goes on with more.
budget:
  maxCostUsd: ${maxCostUsd}
`
  return `# ${why}
# \`sedi resume <run> --max-tokens 5000000\` goes on with more. In tokens, because the price of this model is not known here; with
# generator.price set, maxCostUsd holds it in dollars.
budget:
  maxTokens: ${maxTokens ?? 2_000_000}
`
}

function trainerText({ trainer, baseModel }: ProjectChoices): string {
  const others = `Also: ${['none', ...trainers.map(({ id }) => id)].filter((id) => id !== trainer).join(', ')} (docs/trainers.md).`
  if (trainer === 'none')
    return `# Who trains the student on the data while it is made, which lets training choose the next seeds. none: data only. ${others}
trainer: none
# trainer: embedded             # a small model inside Node, to see the loop work
`
  const own =
    trainer === 'embedded'
      ? `  id: embedded                  # a small model inside Node, to see the loop work
  # layers: 4
  # width: 128
`
      : `  id: python                    # transformers, peft and TRL; \`sedi trainer setup python\` makes its environment
  baseModel: ${yaml(baseModel)}
${baseModel?.startsWith('.') ? '' : '  mayDownload: true             # the model may be fetched from the Hugging Face hub\n'}  # method: full                # every weight; default lora
`
  return `# Who trains the student on the data while it is made, which lets training choose the next seeds. ${others}
trainer:
${own}
# How batches are composed. Also: ${listed(composers, 'round-robin')}.
batches:
  size: 32                      # examples of one optimiser step
  composer: round-robin

training:
  learningRate: ${trainer === 'embedded' ? '0.001' : '0.0002'}           # peak
  maxLength: ${trainer === 'embedded' ? 128 : 512}                # tokens; longer examples are truncated and counted
  # epochsPerRound: 1

# Of every so many steps, the batch that training learned most from gives the next seeds.
feedback:
  everySteps: 5                 # the paper’s is 10, for more data

# Which seeds leave and stay. Also: ${listed(seedPolicies, 'attractive')}.
# seedPolicy: { rule: fixed }   # the seeds stay as they are

# A test set, kept out of the data, on which the student is measured after each round.
# evaluation: { evaluators: [rouge-l], heldOut: ./test.jsonl }
`
}
