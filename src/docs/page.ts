import { fileURLToPath } from 'node:url'
import { assetsIn } from '../admin/assets.js'
import type { Settings } from '../platform/config.js'
import { prefixOf } from '../platform/public-url.js'

/** What the pages written here need. They have no script. */
export const PAGE_POLICY =
  "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

interface Parts {
  title: string
  /** HTML. */
  content: string
  /** The place in the docs to read on, such as `#/employees/listEmployees`. */
  inDocs?: string
}

/**
 * A page that the server writes, with links to other pages.
 * @param settings none if nothing else can be reached from the page, not even its style
 */
export function page(settings: Settings | undefined, { title, content, inDocs = '' }: Parts): string {
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>${escaped(title)} · Latchkey</title>
    ${settings ? links(prefixOf(settings)) : ''}
  </head>
  <body>
    <main>
      <h1>${escaped(title)}</h1>
      ${content}
    </main>
    ${settings ? waysOn(settings, inDocs) : ''}
  </body>
</html>
`
}

/** Found by their names without the hash, which changes with each build. */
const ASSETS = assetsIn(fileURLToPath(new URL('../../docs/assets', import.meta.url))).flatMap((file) =>
  /^problems-[\w-]+\.css$/.test(file)
    ? [{ file, rel: 'stylesheet' }]
    : /^icon-[\w-]+\.svg$/.test(file)
      ? [{ file, rel: 'icon' }]
      : [],
)

function links(prefix: string) {
  return ASSETS.map(({ file, rel }) => `<link rel="${rel}" href="${prefix}/docs/assets/${file}">`).join('\n    ')
}

function waysOn(settings: Settings, inDocs: string) {
  const prefix = prefixOf(settings)
  return `<nav aria-label="Other pages">
      ${settings.docs ? `<a href="${prefix}/docs/${inDocs}">API docs</a>` : ''}
      <a href="${prefix}/account/">Your account</a>
      <a href="${prefix}/admin/">Admin site</a>
    </nav>`
}

/** Text for HTML, also between the quotes of an attribute. */
export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

/** As `escaped`, for a text of our own in which backticks mark code. */
export function marked(text: string): string {
  return escaped(text).replace(/`([^`]+)`/g, '<code>$1</code>')
}
