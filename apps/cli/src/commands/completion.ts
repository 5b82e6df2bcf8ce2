import { Argument, type Command } from 'commander'
import type { Cli, CliCommand } from '../command.ts'
import { bashCompletion } from '../completion/bash.ts'
import { describeProgram } from '../completion/describe-program.ts'
import { fishCompletion } from '../completion/fish.ts'
import { zshCompletion } from '../completion/zsh.ts'
import { exitDone } from '../exit-codes.ts'
import { createWholeProgram } from '../program.ts'

const shells = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion }

export default {
  name: 'completion',
  group: 'upkeep',
  summary: 'Completion for bash, zsh or fish',
  examples: [
    { command: 'sedi completion bash >> ~/.bashrc', does: 'bash 4 or newer, from the next shell on' },
    { command: 'sedi completion zsh > ~/.zfunc/_sedi', does: 'zsh: any folder that is in fpath before compinit' },
    { command: 'sedi completion fish > ~/.config/fish/completions/sedi.fish', does: 'fish' },
  ],
  describe: (command: Command) =>
    command
      .description('Print a script that completes commands, options, their choices, files, and the ids of runs in ./runs (or where --out or --store says).')
      .addArgument(new Argument('<shell>', 'for which shell').choices(Object.keys(shells))),

  async run(cli: Cli, [shell]) {
    cli.stdout.write(shells[shell as keyof typeof shells](describeProgram(await createWholeProgram(cli))))
    return exitDone
  },
} satisfies CliCommand
