import { commandGroups, type ListedCommand } from '../../apps/cli/src/command.ts'
import { commands } from '../../apps/cli/src/commands/registry.gen.ts'
import { createWholeProgram } from '../../apps/cli/src/program.ts'
import { block, code, table } from './markdown.ts'

/** Every command with its arguments, options and examples, as commander has them. */
export async function commandLinePage(): Promise<string> {
  const program = await createWholeProgram({ stdout: process.stdout, stderr: process.stderr })
  const definitions = await Promise.all(Object.values<ListedCommand>(commands).map((command) => command.load()))
  const sectionOf = (command: (typeof program.commands)[number]): string => {
    const { examples } = definitions.find(({ name }) => name === command.name())!
    const options = command.options.filter(({ hidden, long }) => !hidden && long !== '--help')
    const rows = options.map(({ flags, description, defaultValue, argChoices }) => [
      code(flags),
      [description, argChoices && `One of ${argChoices.map(code).join(', ')}.`].filter(Boolean).join(' '),
      defaultValue === undefined || defaultValue === false ? '' : code(String(defaultValue)),
    ])
    return [
      `### ${command.name()}`,
      block('text', `sedi ${command.name()} ${command.usage()}`),
      command.description().replaceAll('\n\n', '\n'),
      ...(rows.length === 0 ? [] : [table(['option', 'what', 'default'], rows)]),
      block('sh', examples.map((example) => `${example.command}   # ${example.does}`).join('\n')),
    ].join('\n\n')
  }
  const groups = Object.values(commandGroups).map((heading) => {
    const found = program.commands.filter((command) => command.helpGroup() === heading)
    return [
      `## ${heading.replace(/:$/, '')}`,
      table(
        ['command', 'what'],
        found.map((command) => [`[${command.name()}](#${command.name()})`, command.summary()]),
      ),
      ...found.map(sectionOf),
    ]
  })
  const page = [
    '# Command line',
    'Where `<run>` stands, a run’s id or its folder does. The answer is on stdout, everything else on stderr; `--json` makes the answer one JSON document.',
    'Exit codes: 0 done · 1 failed or cancelled · 2 usage, configuration or credentials, nothing bought · 3 paused, resumable · 130 interrupted twice.',
    ...groups.flat(),
  ]
  return `${page.join('\n\n')}\n`
}
