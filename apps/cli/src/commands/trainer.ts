import { trainers, usableSignal } from '@sedi/kit'
import { SediError, type TrainerCapabilities } from '@sedi/spec'
import type { Command } from 'commander'
import { type Cli, type CliCommand, print, printJson, say } from '../command.ts'
import { exitDone } from '../exit-codes.ts'
import { formatTable } from '../format.ts'

type Options = { readonly python?: string; readonly qlora?: boolean; readonly json?: boolean }

export default {
  name: 'trainer',
  group: 'train',
  summary: 'What each trainer can do, and set one up',
  examples: [
    { command: 'sedi trainer list', does: 'batches, signals, resuming: which can what' },
    { command: 'sedi trainer setup python', does: 'an environment with PyTorch, transformers, peft and TRL' },
  ],
  describe: (command: Command) =>
    command
      .description(
        'Trainers: list what each can do, or make what one needs beside npm packages. “sedi trainer setup python” makes a Python environment with PyTorch, transformers, peft and TRL (several gigabytes).',
      )
      .argument('<action>', 'list or setup')
      .argument('[id]', 'which trainer, for setup')
      .option('--python <path>', 'an interpreter of Python 3.10 or newer to begin with (default: python3)')
      .option('--qlora', 'also what QLoRA needs')
      .option('--json', 'one JSON document on stdout, for list'),

  async run(cli: Cli, [action, id], options: Options) {
    if (action === 'list') return list(cli, options)
    if (action !== 'setup') {
      throw new SediError('invalid-input', `“sedi trainer ${action}” is not known; expected “sedi trainer list” or “sedi trainer setup <id>”.`)
    }
    const known = trainers.map((one) => one.id).join(', ')
    if (id === undefined) throw new SediError('invalid-input', `Which trainer? Expected “sedi trainer setup <id>” with one of ${known}.`)
    const trainer = trainers.find((one) => one.id === id)
    if (trainer === undefined) throw new SediError('not-found', `There is no trainer “${id}”; there are ${known}.`)
    if (trainer.setUp === undefined) print(cli, `The trainer “${id}” needs nothing beside its npm packages.`)
    else print(cli, await trainer.setUp({ ...options, onOutput: (line) => say(cli, line) }))
    return exitDone
  },
} satisfies CliCommand

const columns: readonly (readonly [string, keyof TrainerCapabilities])[] = [
  ['our batches', 'fixedBatches'],
  ['losses', 'perStepLoss'],
  ['norms', 'perStepGradNorm'],
  ['row losses', 'perExampleLoss'],
  ['gaps', 'perExampleGap'],
  ['errors', 'perExampleError'],
  ['masks', 'masks'],
  ['resumes', 'resume'],
  ['cancels', 'cancel'],
  ['opens', 'serves'],
]

function list(cli: Cli, { json }: Options): number {
  const rows = trainers.map(({ id, title, capabilities }) => ({ id, title, capabilities, signal: usableSignal(capabilities) }))
  if (json) printJson(cli, rows)
  else {
    const table = rows.map(({ id, capabilities, signal }) => [
      id,
      ...columns.map(([, key]) => (capabilities[key] ? 'yes' : '–')),
      signal ?? 'ifd, with a scorer',
    ])
    print(cli, formatTable([['trainer', ...columns.map(([title]) => title), 'feedback uses'], ...table]))
    print(cli, `\n${rows.map(({ id, title }) => `${id}: ${title}`).join('\n')}`)
    print(cli, '\nAs declared by default; `command` can do what its configuration says. Where “our batches” is “–” they are advisory.')
  }
  return exitDone
}
