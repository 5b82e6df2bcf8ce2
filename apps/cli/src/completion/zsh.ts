import type { DescribedCommand, DescribedOption, Values } from './describe-program.ts'

/** A script for zsh: to be put into a folder of `fpath` as `_sedi`, or sourced after `compinit`. */
export function zshCompletion(commands: readonly DescribedCommand[]): string {
  return `#compdef sedi
# Completion of sedi for zsh, made by \`sedi completion zsh\`.
_sedi_runs() {
  local -a runs
  local store=\${opt_args[--store]:-runs}
  runs=(\${store}/*/ledger.db(N:h:t))
  (( $#runs )) && compadd -a runs
}

_sedi() {
  local context state state_descr line
  typeset -A opt_args
  _arguments -C '(-h --help)'{-h,--help}'[print help]' '(-V --version)'{-V,--version}'[print the version]' '1: :->command' '*:: :->rest'
  case $state in
    command)
      local -a commands
      commands=(
${commands.map(({ name, summary }) => `        ${quote(`${name}:${summary}`)}`).join('\n')}
      )
      _describe command commands
      ;;
    rest)
      case $words[1] in
${commands.map(commandCase).join('\n')}
      esac
      ;;
  esac
}

if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
  _sedi "$@"
else
  compdef _sedi sedi
fi
`
}

function commandCase({ name, options, positions, more }: DescribedCommand): string {
  const specs = [
    ...options.map(optionSpec),
    ...positions.map((values, i) => quote(`${more && i === positions.length - 1 ? '*' : i + 1}:${name}:${actionOf(values)}`)),
  ]
  return `        ${name}) _arguments -s ${specs.join(' ')} ;;`
}

function optionSpec({ flags, description, value }: DescribedOption): string {
  const about = `[${description.replace(/[[\]\\]/g, '\\$&').replaceAll(':', '\\:')}]`
  const specs = flags.map((flag) => {
    if (value === undefined) return `${flag}${about}`
    return `${flag}${flag.startsWith('--') ? '=' : ''}${about}:value:${actionOf(value)}`
  })
  return specs.map((spec) => quote(`*${spec}`)).join(' ')
}

function actionOf({ words, runs, files, folders }: Values): string {
  if (words.length > 0) return `(${words.join(' ')})`
  if (runs && files) return '{_sedi_runs; _files}'
  if (runs) return '_sedi_runs'
  if (files) return '_files'
  return folders ? '_files -/' : ' '
}

const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`
