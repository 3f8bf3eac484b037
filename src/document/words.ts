/** What the document says of an operation and of a parameter whose controller says nothing: they are the same everywhere. */

interface Words {
  summary: string
  description: string
}

/** By the first word of the operationId: `listEmployees`, `getEmployee`. */
const OPERATIONS: Record<string, (noun: string) => Words> = {
  list: (nouns) => ({
    summary: `List ${nouns}`,
    description: `${capital(nouns)}, page by page: a \`Link\` header tells the next page, \`rel="next"\`, and the one before, \`rel="prev"\`.`,
  }),
  get: (noun) => ({
    summary: `Get ${one(noun)}`,
    description: `${capital(one(noun))}. Its \`ETag\` serves \`If-None-Match\` here and \`If-Match\` on writes.`,
  }),
  create: (noun) => ({ summary: `Create ${one(noun)}`, description: `Adds ${one(noun)}.` }),
  bulk: (nouns) => ({
    summary: `Create ${nouns} in bulk`,
    description: `Adds many ${nouns}, all or none. What is wrong is told by index: \`errors\` has \`2.name\` for the third one.`,
  }),
  replace: (noun) => ({ summary: `Replace ${one(noun)}`, description: 'Sets every field; it never creates.' }),
  update: (noun) => ({ summary: `Update ${one(noun)}`, description: 'Sets the fields that are given.' }),
  delete: (noun) => ({ summary: `Delete ${one(noun)}`, description: `Removes ${one(noun)}.` }),
}

/** By the name of the parameter; `_contains` is the end of one. */
const PARAMETERS: [name: RegExp, description: string][] = [
  [/^ordering$/, 'The order of the rows. A minus means descending; rows that are equal follow by their key.'],
  [/_contains$/, 'A-Z match a-z.'],
  [/^validate$/, 'With `true`, the rows are held to all rules and none is stored.'],
  [
    /^Idempotency-Key$/,
    'Chosen by the client for this create: a retry with the same one gets the first response for 24 hours, and makes nothing.',
  ],
]

/** @returns nothing for an operation that is none of the six standard ones */
export function wordsOf(operationId: string): Words | undefined {
  const [, verb, noun] = /^([a-z]+)([A-Z]\w*)$/.exec(operationId) ?? []
  return verb && noun ? OPERATIONS[verb]?.(spaced(noun.replace(/^Create(?=[A-Z])/, ''))) : undefined
}

export function parameterWords(name: string): string | undefined {
  return PARAMETERS.find(([pattern]) => pattern.test(name))?.[1]
}

/** What an operation needs, behind what it does. */
export function scopeWords(needed: string[], widening: string[]): string {
  const named = (scopes: string[]) => scopes.map((scope) => `\`${scope}\``).join(', ')
  const needs = needed.length > 0 ? `\n\nNeeds the scope ${named(needed)}.` : ''
  return widening.length > 0 ? `${needs} With ${named(widening)} beside it, for everybody's.` : needs
}

function spaced(noun: string) {
  return noun.replace(/(?!^)[A-Z]/g, (letter) => ` ${letter}`).toLowerCase()
}

function one(noun: string) {
  return `${/^[aeiou]/.test(noun) ? 'an' : 'a'} ${noun}`
}

function capital(text: string) {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
