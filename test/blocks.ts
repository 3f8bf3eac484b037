import { readdirSync, readFileSync } from 'node:fs'

/** What stands between two lines of three backquotes. */
export interface Block {
  page: string
  language: string
  /** Without the spaces that it is indented by in a list. */
  text: string
}

/** A page's path -> its text: the README, and all of docs/. */
export function readPages(): Record<string, string> {
  const files = readdirSync('docs', { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.md'))
  return Object.fromEntries(
    ['README.md', ...files.map((name) => `docs/${name}`).sort()].map((name) => [name, readFileSync(name, 'utf8')]),
  )
}

export function blocksIn(page: string, text = readFileSync(page, 'utf8')): Block[] {
  return [...text.matchAll(/^( *)```(\w*)\n(.*?)^\1```$/gms)].map(([, indent, language, lines]) => ({
    page,
    language: language!,
    text: lines!.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
  }))
}

/** @throws when it is not exactly one block of the page that begins so */
export function blockOf(page: string, beginning: string): string {
  const found = blocksIn(page).filter(({ text }) => text.startsWith(beginning))
  if (found.length !== 1) throw new Error(`${page} has ${found.length} blocks that begin with ${beginning}`)
  return found[0]!.text
}
