import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join } from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { listPages } from '../.vitepress/pages.ts'

const docs = join(import.meta.dirname, '..')
const site = join(docs, '.vitepress/dist')
const types: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.png': 'image/png' }

/** Answers as a host of static pages does: `/start` is `start.html`. */
const server = createServer((request, response) => {
  const path = decodeURI(new URL(request.url!, 'http://localhost').pathname)
  const file = ['', '.html', 'index.html'].map((ending) => join(site, `${path}${ending}`)).find((name) => existsSync(name) && extname(name) !== '')
  if (file === undefined) response.writeHead(404).end()
  else response.writeHead(200, { 'content-type': types[extname(file)] ?? 'application/octet-stream' }).end(readFileSync(file))
})
const problems: string[] = []
let base: string
let browser: Browser

async function open(path: string, width = 1280): Promise<Page> {
  const page = await browser.newPage({ viewport: { width, height: 900 } })
  page.setDefaultTimeout(120_000)
  page.on('pageerror', ({ message }) => problems.push(`${path}: ${message}`))
  page.on('console', (message) => void (message.type() === 'error' && problems.push(`${path}: ${message.text()}`)))
  page.on(
    'request',
    (request) => void (/^(data|blob):/.test(request.url()) || request.url().startsWith(base) || problems.push(`${path} asks ${request.url()}`)),
  )
  await page.goto(`${base}${path}`, { waitUntil: 'networkidle' })
  return page
}

beforeAll(async () => {
  // The build itself fails on a dead link and on a page that the sidebar does not have.
  const built = spawnSync(process.execPath, [join(docs, 'node_modules/vitepress/bin/vitepress.js'), 'build'], { cwd: docs, encoding: 'utf8' })
  expect(built.status, built.stderr).toBe(0)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const args = ['--no-sandbox']
  browser = await chromium.launch({ executablePath: process.env.SEDI_CHROMIUM ?? '/usr/bin/chromium', args, timeout: 120_000 })
}, 600_000)
afterAll(async () => {
  await browser?.close()
  server.close()
})

it('every page of the sidebar is there, has one first-level heading, and loads nothing from elsewhere', () => {
  const links = listPages().flatMap(({ pages }) => pages.map(({ link }) => link))
  expect(links.length).toBeGreaterThan(60)
  for (const link of links) {
    const html = readFileSync(join(site, `${link}.html`), 'utf8')
    expect(html.match(/<h1[ >]/g), link).toHaveLength(1)
    expect(html.match(/<(?:script|img|link|source|iframe)[^>]+(?:src|href|srcset)="https?:[^>]*>/g), link).toBeNull()
  }
})

it('a page of every kind opens without an error and asks nobody else', { timeout: 600_000 }, async () => {
  for (const path of [
    '/',
    '/how-sedi-works',
    '/dashboard',
    '/reference/http-api',
    '/reference/api/core',
    '/packages/cli',
    '/reproduction/full',
    '/decisions/nanodollars',
  ])
    await (await open(path)).close()
  expect(problems).toEqual([])
})

it('fits a phone: no page is wider than the screen', { timeout: 600_000 }, async () => {
  for (const path of ['/', '/how-sedi-works', '/comparison', '/reference/configuration', '/three-seeds']) {
    const page = await open(path, 390)
    expect(await page.evaluate<number>('document.documentElement.scrollWidth'), path).toBeLessThanOrEqual(390)
    await page.close()
  }
})

it('finds by itself what somebody looks for', async () => {
  const page = await open('/start')
  await page.keyboard.press('Control+k')
  await page.locator('#localsearch-input').fill('conflictThreshold')
  await page.locator('.VPLocalSearchBox .result').first().waitFor()
  expect(await page.locator('.VPLocalSearchBox .result').first().textContent()).toMatch(/Configuration|Similarity|Dictionary/i)
  await page.close()
  expect(problems).toEqual([])
})
