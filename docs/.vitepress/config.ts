import { globSync } from 'node:fs'
import { createRequire } from 'node:module'
import { defineConfig } from 'vitepress'
import { slugOf } from '../checker/slug.ts'
import { adaptMarkdown, rewrites } from './links.ts'
import { listPages, root } from './pages.ts'

/** Where the repository is on the web; links to its sources and “edit this page” appear when this is set. */
const repositoryUrl: string | undefined = undefined

const vueOf = (name: string): string =>
  createRequire(import.meta.resolve('vitepress'))
    .resolve(name)
    .replace(/index\.js$/, name === 'vue' ? 'dist/vue.runtime.esm-bundler.js' : 'index.mjs')
const paths = rewrites()
const sidebar = listPages()
  .filter(({ pages }) => pages.length > 0)
  .map(({ text, collapsed, pages }) => ({ text, collapsed: collapsed ?? false, items: pages.map(({ title, link }) => ({ text: title, link })) }))

export default defineConfig({
  title: 'SeDi',
  description: 'The instruction-data engine that learns what to ask for next',
  lang: 'en',
  srcDir: '..',
  srcExclude: globSync('**/*.md', { cwd: root, exclude: (name) => name === 'node_modules' || name.startsWith('.') }).filter((file) => !(file in paths)),
  rewrites: paths,
  outDir: './.vitepress/dist',
  cacheDir: './.vitepress/cache',
  cleanUrls: true,
  lastUpdated: false,
  // Nothing of the site comes from elsewhere: system fonts, a search index of its own.
  head: [
    [
      'link',
      {
        rel: 'icon',
        href: 'data:image/svg+xml,%3Csvg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"%3E%3Ccircle cx="16" cy="16" r="14" fill="%231f6feb"/%3E%3Cpath d="M10 20c6 4 12 0 6-4s0-8 6-4" fill="none" stroke="%23fff" stroke-width="3"/%3E%3C/svg%3E',
      },
    ],
    [
      'meta',
      {
        'http-equiv': 'Content-Security-Policy',
        content:
          "default-src 'self'; script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; object-src 'none'; base-uri 'self'",
      },
    ],
  ],
  markdown: {
    anchor: { slugify: slugOf },
    attrs: { disable: true },
    config: (md) => adaptMarkdown(md, repositoryUrl),
    theme: { light: 'github-light', dark: 'github-dark' },
  },
  vite: {
    // Pages outside this folder find VitePress's own Vue as well.
    resolve: { alias: [/^vue$/, /^vue\/server-renderer$/].map((find) => ({ find, replacement: vueOf(find.test('vue') ? 'vue' : 'vue/server-renderer') })) },
    esbuild: { target: 'es2022', tsconfigRaw: '{}' },
    server: { watch: { ignored: ['**/node_modules/**', '**/dist/**', '**/.git/**', '**/.toolchain/**'] } },
    build: { chunkSizeWarningLimit: 3000 },
  },
  themeConfig: {
    nav: [
      { text: 'Start', link: '/start' },
      { text: 'How it works', link: '/how-sedi-works' },
      { text: 'Guides', link: '/adding-a-provider' },
      { text: 'Reference', link: '/reference/configuration' },
      { text: 'Evidence', link: '/reproducing' },
    ],
    sidebar,
    outline: { level: [2, 3] },
    search: { provider: 'local', options: { detailedView: true } },
    ...(repositoryUrl === undefined
      ? {}
      : { editLink: { pattern: `${repositoryUrl}/edit/main/:path` }, socialLinks: [{ icon: 'github', link: repositoryUrl }] }),
    footer: { message: 'Apache-2.0' },
  },
})
