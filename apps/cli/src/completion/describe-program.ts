import type { Argument, Command, Option } from 'commander'

/** What may stand in a place of the command line: some of these words, runs by their ids, files, folders; nothing known when all are empty. */
export type Values = { readonly words: readonly string[]; readonly runs: boolean; readonly files: boolean; readonly folders: boolean }

export type DescribedOption = {
  /** `-h`, `--help`. */
  readonly flags: readonly string[]
  readonly description: string
  /** What its value may be; undefined when it takes none. */
  readonly value: Values | undefined
}

export type DescribedCommand = {
  readonly name: string
  readonly summary: string
  readonly options: readonly DescribedOption[]
  /** By position; the last goes for all later ones when `more` is true. */
  readonly positions: readonly Values[]
  readonly more: boolean
  /** The option that says where runs are kept. */
  readonly storeOption: string | undefined
}

/** What completion knows of the program: nothing but what it says of itself. */
export function describeProgram(program: Command): readonly DescribedCommand[] {
  return program.commands.map((command) => {
    const help = command.createHelp()
    const options = help.visibleOptions(command)
    return {
      name: command.name(),
      summary: command.summary(),
      options: options.map(describeOption),
      positions: command.registeredArguments.map(valuesOfArgument),
      more: command.registeredArguments.at(-1)?.variadic === true,
      storeOption: options.find(({ description }) => description.startsWith('where runs are kept'))?.long ?? undefined,
    }
  })
}

function describeOption(option: Option): DescribedOption {
  const { short, long, description, required, optional } = option
  const flags = [short, long].filter((flag): flag is string => typeof flag === 'string')
  return { flags, description, value: required || optional ? valuesOfOption(option) : undefined }
}

const none: Values = { words: [], runs: false, files: false, folders: false }

/** By what help calls the value: `--out <file>`. */
function valuesOfOption({ flags, argChoices }: Option): Values {
  const name = /[<[]([^>\]]+)[>\]]/.exec(flags)?.[1] ?? ''
  return { ...none, words: argChoices ?? [], files: /^(file|path)$/.test(name), folders: name === 'dir' }
}

/** By their names: `<run>`, `<in|run>`, `[run|config]`, `[dir]`. */
function valuesOfArgument(argument: Argument): Values {
  const names = argument.name().split('|')
  return {
    words: argument.argChoices ?? [],
    runs: names.includes('run'),
    files: names.some((name) => name === 'in' || name === 'config' || name === 'file'),
    folders: names.includes('dir'),
  }
}
