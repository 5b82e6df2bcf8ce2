import { trainers } from '@sedi/kit'
import { SediError } from '@sedi/spec'
import type { Command } from 'commander'
import { type Cli, type CliCommand, print, say } from '../command.ts'
import { exitDone } from '../exit-codes.ts'

type Options = { readonly python?: string; readonly qlora?: boolean }

export default {
  name: 'trainer',
  describe: (command: Command) =>
    command
      .description(
        'Trainers: make what one needs beside npm packages. “sedi trainer setup python” makes a Python environment with PyTorch, transformers, peft and TRL (several gigabytes).',
      )
      .argument('<action>', 'setup')
      .argument('<id>', 'which trainer')
      .option('--python <path>', 'an interpreter of Python 3.10 or newer to begin with (default: python3)')
      .option('--qlora', 'also what QLoRA needs'),

  async run(cli: Cli, [action, id], options: Options) {
    if (action !== 'setup') throw new SediError('invalid-input', `“sedi trainer ${action}” is not known; expected “sedi trainer setup <id>”.`)
    const trainer = trainers.find((one) => one.id === id)
    if (trainer === undefined) throw new SediError('not-found', `There is no trainer “${id}”; there are ${trainers.map((one) => one.id).join(', ')}.`)
    if (trainer.setUp === undefined) print(cli, `The trainer “${id}” needs nothing beside its npm packages.`)
    else print(cli, await trainer.setUp({ ...options, onOutput: (line) => say(cli, line) }))
    return exitDone
  },
} satisfies CliCommand
