import { existsSync } from 'node:fs'
import { join, posix, relative } from 'node:path'
import type { MarkdownOptions } from 'vitepress'
import { listPages, root, siteNameOf } from './pages.ts'

type MarkdownIt = Parameters<NonNullable<MarkdownOptions['config']>>[0]
type Token = ReturnType<MarkdownIt['parse']>[number]

/**
 * Pages are plain Markdown that also reads well where the repository is shown. For the site this makes of every link to a file of the repository
 * one to its page; one to a file that is no page becomes a link to the repository, or plain text where its address is not known. A link to a file that does not
 * exist fails the build. What follows the language of a code block tells `tooling/check-docs.ts` what to do, and is not for readers.
 */
export function adaptMarkdown(md: MarkdownIt, repositoryUrl: string | undefined): void {
  const pages = new Map(listPages().flatMap((section) => section.pages.map((page) => [page.file, page.link])))
  pages.set('README.md', '/').set('docs/index.md', '/')

  const targetOf = (href: string, from: string): string | undefined => {
    if (/^[a-z]+:|^#|^\//i.test(href)) return href
    const [path = '', anchor] = href.split('#')
    const file = posix.join(posix.dirname(from), decodeURI(path)).replace(/\/$/, '')
    if (!existsSync(join(root, file))) throw new Error(`${from}: a link to ${href}, which does not exist`)
    const hash = anchor === undefined ? '' : `#${anchor}`
    const page = pages.get(file) ?? pages.get(posix.join(file, 'README.md'))
    if (page !== undefined) return `${page}${hash}`
    if (file === 'bench/results') return '/benchmarks/similarity-own'
    if (file === 'docs/decisions') return pages.get('docs/decisions/2026-11-21-exact-novelty-index.md')
    return repositoryUrl === undefined ? undefined : `${repositoryUrl}/blob/main/${file}${hash}`
  }

  // What looks like a tag is text unless it is one of HTML's that our pages use: `<run>` at the beginning of a line is no component of Vue.
  const plain = new (md.constructor as new () => MarkdownIt)()
  for (const [ruler, name] of [[md.block.ruler, 'html_block'] as const, [md.inline.ruler, 'html_inline'] as const]) {
    const original = (plain[ruler === md.block.ruler ? 'block' : 'inline'].ruler as unknown as { __rules__: { name: string; fn: never }[] }).__rules__
    ruler.at(name, original.find((rule) => rule.name === name)!.fn, { alt: name === 'html_block' ? ['paragraph', 'reference', 'blockquote'] : [] })
  }

  // Two braces are no expression of Vue's.
  const asText = (text: string): string => md.utils.escapeHtml(text).replaceAll('{{', '&#123;&#123;')
  md.renderer.rules.text = (tokens, i) => asText(tokens[i]!.content)
  md.renderer.rules.code_inline = (tokens, i) => `<code>${breakable(asText(tokens[i]!.content))}</code>`

  md.core.ruler.push('sedi-pages', ({ tokens, env }) => {
    const from = relative(root, (env as { realPath?: string; path: string }).realPath ?? (env as { path: string }).path).replaceAll('\\', '/')
    for (const token of tokens) {
      if (token.type === 'fence') token.info = /^\S*/.exec(token.info)![0]
      if (token.type === 'html_block') token.content = adaptPictures(token.content)
      if (token.type === 'inline' && token.children !== null) token.children = adaptInline(token.children, (href) => targetOf(href, from))
    }
  })
}

function adaptInline(children: Token[], targetOf: (href: string) => string | undefined): Token[] {
  const dropped: boolean[] = []
  return children.filter((token) => {
    if (token.type === 'link_open') {
      const target = targetOf(token.attrGet('href')!)
      if (target !== undefined) token.attrSet('href', target)
      dropped.push(target === undefined)
      return target !== undefined
    }
    if (token.type === 'link_close') return dropped.pop() === false
    if (token.type === 'html_inline') {
      if (/^<\/?(?:br|img|sub|sup|kbd|details|summary|picture|source|!--)\b|^<!--/.test(token.content)) token.content = adaptPictures(token.content)
      else token.type = 'text'
    }
    return true
  })
}

/** The site has a switch for its theme, which `<picture>` does not see: both pictures, and a class that says when. */
function adaptPictures(html: string): string {
  return html
    .replace(/<picture>\s*<source[^>]*srcset="([^"]+)"[^>]*>\s*<img([^>]*)src="([^"]+)"([^>]*)>\s*<\/picture>/g, (_, dark, before, light, after) =>
      [`<img${before}src="${light}"${after} class="only-light" loading="lazy">`, `<img${before}src="${dark}"${after} class="only-dark" loading="lazy">`].join(
        '',
      ),
    )
    .replace(/ (src|srcset)="(?![./]|[a-z]+:)/g, ' $1="./')
}

/** What `rewrites` of the site's configuration wants: the file of each page, and where it lies in the site. */
export function rewrites(): Record<string, string> {
  const files = listPages().flatMap(({ pages }) => pages.map(({ file }) => file))
  return Object.fromEntries([...files, 'docs/index.md'].map((file) => [file, `${siteNameOf(file) || 'index'}.md`]))
}

/** Long names of keys may break at their dots, or a table is wider than a page. */
const breakable = (name: string): string => (/^[\w.-]{19,}$/.test(name) ? name.replaceAll('.', '.<wbr>') : name)
