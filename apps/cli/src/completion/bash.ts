import type { DescribedCommand, Values } from './describe-program.ts'

/** A script for bash 4 or newer; needs nothing beside it. */
export function bashCompletion(commands: readonly DescribedCommand[]): string {
  return `# Completion of sedi for bash, made by \`sedi completion bash\`.
_sedi_runs() {
  local folder
  for folder in "$1"/*/; do
    folder=\${folder%/}
    [[ -e $folder/ledger.db ]] && printf '%s\\n' "\${folder##*/}"
  done
}

_sedi() {
  local current=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} command=\${COMP_WORDS[1]}
  # bash cuts --option=value at the “=”.
  [[ $current == "=" ]] && current=
  [[ $before == "=" ]] && before=\${COMP_WORDS[COMP_CWORD-2]}
  local options= valued= store_option= words= runs= files= folders= values=
  COMPREPLY=()

  if ((COMP_CWORD == 1)); then
    COMPREPLY=($(compgen -W '${[...commands.map(({ name }) => name), '--help', '--version'].join(' ')}' -- "$current"))
    return
  fi

  case $command in
${commands.map(commandCase).join('\n')}
    *) return ;;
  esac

  # Where runs are kept, and which place of the command line this is.
  local store=runs position=0 i word
  for ((i = 2; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    if [[ " $valued " == *" $word "* ]]; then
      ((i++))
      [[ \${COMP_WORDS[i]} == "=" ]] && ((i++))
      [[ -n $store_option && $word == "$store_option" && $i -lt $COMP_CWORD ]] && store=\${COMP_WORDS[i]}
    elif [[ $word != -* ]]; then
      ((position++))
    fi
  done

  if [[ " $valued " == *" $before "* ]]; then
    _sedi_values_of_option "$command" "$before"
  elif [[ $current == -* ]]; then
    COMPREPLY=($(compgen -W "$options" -- "$current"))
    return
  else
    _sedi_values_of_position "$command" "$position"
  fi

  [[ -n $words ]] && values=$words
  [[ -n $runs ]] && values="$values $(_sedi_runs "$store")"
  [[ -n $values ]] && COMPREPLY+=($(compgen -W "$values" -- "$current"))
  if [[ -n $files ]]; then
    compopt -o filenames 2>/dev/null
    local IFS=$'\\n'
    COMPREPLY+=($(compgen -f -- "$current"))
  elif [[ -n $folders ]]; then
    compopt -o filenames 2>/dev/null
    local IFS=$'\\n'
    COMPREPLY+=($(compgen -d -- "$current"))
  fi
}

# Both set words, runs, files or folders of their caller.
_sedi_values_of_option() {
  case "$1 $2" in
${commands.flatMap(optionCases).join('\n')}
  esac
}

_sedi_values_of_position() {
  case "$1 $2" in
${commands.flatMap(positionCases).join('\n')}
  esac
}

complete -F _sedi sedi
`
}

function commandCase({ name, options, storeOption }: DescribedCommand): string {
  const flags = options.flatMap((option) => option.flags)
  const valued = options.filter(({ value }) => value !== undefined).flatMap((option) => option.flags)
  return `    ${name}) options='${flags.join(' ')}' valued='${valued.join(' ')}' store_option='${storeOption ?? ''}' ;;`
}

function optionCases({ name, options }: DescribedCommand): string[] {
  return options.flatMap(({ flags, value }) => {
    const set = value === undefined ? '' : assignments(value)
    return set === '' ? [] : [`    ${flags.map((flag) => `"${name} ${flag}"`).join(' | ')}) ${set} ;;`]
  })
}

function positionCases({ name, positions, more }: DescribedCommand): string[] {
  return positions.flatMap((values, i) => {
    const set = assignments(values)
    return set === '' ? [] : [`    "${name} "${more && i === positions.length - 1 ? '*' : i}) ${set} ;;`]
  })
}

const assignments = ({ words, runs, files, folders }: Values): string =>
  [words.length > 0 ? `words='${words.join(' ')}'` : '', runs ? 'runs=1' : '', files ? 'files=1' : '', folders ? 'folders=1' : '']
    .filter((part) => part !== '')
    .join(' ')
