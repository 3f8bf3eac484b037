import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Each kind of file that the package has, and nothing else may be in it. */
const KINDS: Record<string, RegExp> = {
  'about it': /^(package\.json|README\.md|LICENSE|CHANGELOG\.md|docs\/[a-z-]+\.md|docs\/production\/[a-z-]+\.md)$/,
  'the document': /^spec\/(openapi|postman_collection)\.json$/,
  'the service': /^build\/src\/(?!document\/)([a-z-]+\/)*[\w.-]+\.js$/,
  'its routes': /^build\/build\/routes\.js$/,
  'run-time part of tsoa':
    /^build\/node_modules\/@tsoa\/runtime\/(package\.json|LICENSE|dist\/([a-zA-Z-]+\/)*[\w-]+\.js)$/,
  'the sites': /^build\/(admin|docs)\/(index\.html|assets\/[\w.-]+\.(js|css|svg|woff2?)(\.br|\.gz)?)$/,
}

/** What must not be lost by a pattern that matches less than it did. */
const NEEDED = [
  'LICENSE',
  'build/src/cli.js',
  'build/src/server.js',
  'build/build/routes.js',
  'build/admin/index.html',
  'build/docs/index.html',
  'docs/production.md',
  'spec/openapi.json',
  'spec/postman_collection.json',
]

const PRIVATE_KEY = /-----BEGIN [A-Z ]*PRIVATE KEY-----/

/**
 * @param folder where the package is unpacked
 * @param files of it
 * @param place where it was made, which nobody else has to know
 * @returns a line of each kind, with how many there are
 * @throws for a file that is of no kind, one that is missing, and one that tells too much
 */
export async function checkedContents(folder: string, files: string[], place: string): Promise<string> {
  const strange = files.filter((file) => !Object.values(KINDS).some((kind) => kind.test(file)))
  if (strange.length > 0) throw new Error(`nobody expects ${strange.join(', ')}`)
  const missing = NEEDED.filter((file) => !files.includes(file))
  if (missing.length > 0) throw new Error(`it lacks ${missing.join(', ')}`)
  for (const file of files.filter((file) => !/\.(br|gz|woff2?)$/.test(file))) {
    const text = await readFile(join(folder, file), 'utf8')
    if (PRIVATE_KEY.test(text)) throw new Error(`${file} has a private key`)
    if (text.includes(`${place}/`)) throw new Error(`${file} tells where it was made`)
  }
  return Object.entries(KINDS)
    .map(([name, kind]) => `${name} ${files.filter((file) => kind.test(file)).length}`)
    .join(', ')
}
