import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import ts from 'typescript'
import { block, code } from './markdown.ts'

/** Longest declaration that is printed whole, in lines. */
const longest = 40

type Exported = { readonly name: string; readonly kind: 'function' | 'value' | 'type'; readonly text: string; readonly doc: string }

/** What every package exports, with signatures and docstrings as they stand in the sources: one page for each entry point. No types are computed. */
export function apiPages(root: string): Record<string, string> {
  const pages: Record<string, string> = {}
  for (const folder of ['packages', 'apps'].flatMap((group) =>
    readdirSync(join(root, group))
      .sort()
      .map((name) => `${group}/${name}`),
  )) {
    const { name, description, exports: entries = {} } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'))
    const sections = Object.entries(entries as Record<string, Record<string, string>>).flatMap(([path, conditions]) => {
      const source = conditions['@sedi/source']
      if (source === undefined) return []
      const found = [...exportsOf(join(root, folder, source)).values()].sort((a, b) => a.name.localeCompare(b.name))
      const part = (title: string, kind: Exported['kind']): string[] => {
        const members = found.filter((one) => one.kind === kind)
        return members.length === 0
          ? []
          : [`### ${title}`, ...members.flatMap(({ name: member, text, doc }) => [`#### ${member}`, ...(doc === '' ? [] : [doc]), block('ts', text)])]
      }
      return [
        `## \`${path === '.' ? name : `${name}${path.slice(1)}`}\``,
        ...part('Functions', 'function'),
        ...part('Values', 'value'),
        ...part('Types', 'type'),
      ]
    })
    if (sections.length > 0)
      pages[`docs/reference/api/${folder.split('/')[1]}.md`] = [
        `# ${name}`,
        `${description} Examples: [README](../../../${folder}/README.md).`,
        ...sections,
        '',
      ]
        .join('\n\n')
        .trimEnd()
        .concat('\n')
  }
  return pages
}

const parsed = new Map<string, ts.SourceFile>()
const parse = (file: string): ts.SourceFile => {
  const known = parsed.get(file) ?? ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true)
  parsed.set(file, known)
  return known
}

function exportsOf(file: string): Map<string, Exported> {
  const source = parse(file)
  const found = new Map<string, Exported>()
  for (const statement of source.statements) {
    if (ts.isExportDeclaration(statement)) {
      const from = statement.moduleSpecifier && ts.isStringLiteral(statement.moduleSpecifier) ? statement.moduleSpecifier.text : undefined
      const target = from?.startsWith('.') ? join(dirname(file), from) : undefined
      if (statement.exportClause === undefined) for (const [name, one] of target === undefined ? [] : exportsOf(target)) found.set(name, one)
      else if (ts.isNamedExports(statement.exportClause))
        for (const { name, propertyName } of statement.exportClause.elements) {
          const original = (propertyName ?? name).text
          const one = target === undefined ? undefined : exportsOf(target).get(original)
          found.set(name.text, one ?? { name: name.text, kind: 'value', text: `export { ${name.text} } from '${from}'`, doc: '' })
        }
    } else for (const one of declaredIn(statement, source)) found.set(one.name, one)
  }
  return found
}

function declaredIn(statement: ts.Statement, source: ts.SourceFile): Exported[] {
  const isExported = ts.canHaveModifiers(statement) && ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)
  if (!isExported) return []
  const doc = docOf(statement)
  if (ts.isFunctionDeclaration(statement) && statement.name !== undefined) {
    const end = statement.body?.getStart(source) ?? statement.getEnd()
    return [{ name: statement.name.text, kind: 'function', text: shorten(source.text.slice(statement.getStart(source), end)), doc }]
  }
  if (ts.isTypeAliasDeclaration(statement) || ts.isInterfaceDeclaration(statement))
    return [{ name: statement.name.text, kind: 'type', text: shorten(statement.getText(source)), doc }]
  if (ts.isClassDeclaration(statement) && statement.name !== undefined) {
    const members = statement.members.map((member) => {
      const body = (member as { body?: ts.Node }).body
      return `  ${source.text.slice(member.getStart(source), body?.getStart(source) ?? member.getEnd()).trim()}`
    })
    const head = source.text.slice(statement.getStart(source), statement.members.pos).trim()
    return [{ name: statement.name.text, kind: 'value', text: shorten([head, ...members, '}'].join('\n')), doc }]
  }
  if (!ts.isVariableStatement(statement)) return []
  return statement.declarationList.declarations.map((declaration) => {
    const name = declaration.name.getText(source)
    const value = declaration.initializer
    const isFunction = value !== undefined && ts.isArrowFunction(value)
    const text = isFunction
      ? source.text.slice(declaration.getStart(source), value.body.getStart(source)).replace(/\s*=>\s*$/, '')
      : declaration.getText(source)
    return { name, kind: isFunction ? 'function' : 'value', text: shorten(`export const ${text}`), doc }
  })
}

function shorten(text: string): string {
  const lines = text.trimEnd().split('\n')
  return lines.length <= longest ? lines.join('\n') : [...lines.slice(0, longest), '  // …'].join('\n')
}

/** A docstring as Markdown: its tags become lines of their own. */
function docOf(node: ts.Node): string {
  const last = ts.getJSDocCommentsAndTags(node).findLast(ts.isJSDoc)
  if (last === undefined) return ''
  const tags = (last.tags ?? []).map((tag) => {
    const name = ts.isJSDocParameterTag(tag) ? code(tag.name.getText()) : code(`@${tag.tagName.text}`)
    return `- ${name} ${ts.getTextOfJSDocComment(tag.comment) ?? ''}`.trimEnd()
  })
  return [ts.getTextOfJSDocComment(last.comment) ?? '', tags.join('\n')].filter(Boolean).join('\n\n')
}
