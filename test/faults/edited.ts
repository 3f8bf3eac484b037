import { statSync } from 'node:fs'
import { register } from 'node:module'
import { isMainThread } from 'node:worker_threads'

/** Puts one text into the place of another in a compiled file of `build/src`. */
export interface Edit {
  file: string
  from: string
  to: string
}

/** For what `register` says on Node.js 26; what is to take its place is not in Node.js 20. */
export const QUIET = '--disable-warning=DEP0205'

/**
 * The environment of a process whose code is another one than the product's, so that no setting of the product is needed.
 * @throws when there is no such file, whose edits would never be made
 */
export function edited(...edits: Edit[]): { NODE_OPTIONS: string; FAULT_EDITS: string } {
  for (const { file } of edits) statSync(new URL(`../../src/${file}`, import.meta.url))
  return { NODE_OPTIONS: `${QUIET} --import ${import.meta.url}`, FAULT_EDITS: JSON.stringify(edits) }
}

let edits: Edit[] = []

if (isMainThread && process.env.FAULT_EDITS) register(import.meta.url, { data: JSON.parse(process.env.FAULT_EDITS) })

/** Node calls it in the thread that loads modules. */
export function initialize(given: Edit[]): void {
  edits = given
}

type NextLoad = (url: string, context: object) => Promise<{ source?: string | Uint8Array }>

/** @throws when a file does not have the text that an edit is about */
export async function load(url: string, context: object, nextLoad: NextLoad) {
  const loaded = await nextLoad(url, context)
  for (const { file, from, to } of edits) {
    if (!url.endsWith(`/build/src/${file}`)) continue
    const source = String(loaded.source)
    if (!source.includes(from)) throw new Error(`${file} does not contain ${from}`)
    loaded.source = source.replace(from, to)
  }
  return loaded
}
