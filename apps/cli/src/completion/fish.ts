import type { DescribedCommand, DescribedOption, Values } from './describe-program.ts'

/** A script for fish: to be put into `~/.config/fish/completions/sedi.fish`, or piped into `source`. */
export function fishCompletion(commands: readonly DescribedCommand[]): string {
  return `# Completion of sedi for fish, made by \`sedi completion fish\`.
function __sedi_runs
    set -l store runs
    set -l words (commandline -opc)
    for i in (seq (count $words))
        if contains -- $words[$i] --store; and test (math $i + 1) -le (count $words)
            set store $words[(math $i + 1)]
        end
    end
    for ledger in $store/*/ledger.db
        basename (dirname $ledger)
    end
end

complete -c sedi -f
complete -c sedi -n __fish_use_subcommand -s h -l help -d 'print help'
complete -c sedi -n __fish_use_subcommand -s V -l version -d 'print the version'
${commands.flatMap(lines).join('\n')}
`
}

function lines({ name, summary, options, positions }: DescribedCommand): string[] {
  const here = `complete -c sedi -n '__fish_seen_subcommand_from ${name}'`
  return [
    `complete -c sedi -n __fish_use_subcommand -a ${name} -d ${quote(summary)}`,
    ...options.map((option) => `${here} ${optionFlags(option)} -d ${quote(option.description)}`),
    ...positions.flatMap((values) => positionFlags(values).map((flags) => `${here} ${flags}`)),
  ]
}

function optionFlags({ flags, value }: DescribedOption): string {
  const names = flags.map((flag) => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`)).join(' ')
  if (value === undefined) return names
  if (value.words.length > 0) return `${names} -x -a ${quote(value.words.join(' '))}`
  if (value.files) return `${names} -r -F`
  return value.folders ? `${names} -x -a '(__fish_complete_directories)'` : `${names} -x`
}

function positionFlags({ words, runs, files, folders }: Values): string[] {
  return [
    ...(words.length > 0 ? [`-a ${quote(words.join(' '))}`] : []),
    ...(runs ? [`-a '(__sedi_runs)'`] : []),
    ...(files ? ['-F'] : []),
    ...(folders ? [`-a '(__fish_complete_directories)'`] : []),
  ]
}

const quote = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
