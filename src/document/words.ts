/** The document's texts for operations and parameters that have none of their own, because they are the same everywhere. */

interface Words {
  summary: string
  description: string
}

/** By the first word of the operationId: `listEmployees`, `getEmployee`. */
const OPERATIONS: Record<string, (noun: string) => Words> = {
  list: (nouns) => ({
    summary: `List ${nouns}`,
    description: `${capital(nouns)}, page by page.`,
  }),
  get: (noun) => ({
    summary: `Get ${one(noun)}`,
    description: `${capital(one(noun))}. Send its \`ETag\` as \`If-None-Match\` to read it again, or as \`If-Match\` to change it.`,
  }),
  create: (noun) => ({ summary: `Create ${one(noun)}`, description: `Adds ${one(noun)}.` }),
  bulk: (nouns) => ({
    summary: `Create ${nouns} in bulk`,
    description: `Adds many ${nouns}: all of them or none. Errors are named by index: \`2.name\` is the field \`name\` of the third row.`,
  }),
  replace: (noun) => ({ summary: `Replace ${one(noun)}`, description: 'Sets every field. It never creates a row.' }),
  update: (noun) => ({ summary: `Update ${one(noun)}`, description: 'Changes only the fields that the body has.' }),
  delete: (noun) => ({ summary: `Delete ${one(noun)}`, description: `Deletes ${one(noun)}.` }),
}

/** By the name of the parameter. A filter's name ends with what it does. */
const PARAMETERS: [name: RegExp, description: string | ((field: string) => string)][] = [
  [
    /^ordering$/,
    'The order of the rows. A minus means descending. Rows with equal values are in the order of their keys.',
  ],
  [/^validate$/, 'With `true`, the service checks the rows against every rule and stores nothing.'],
  [
    /^Idempotency-Key$/,
    'A key that you choose for this create, such as a UUID. For 24 hours a retry with the same key gets the first response and creates nothing.',
  ],
  [
    /^If-Match$/,
    'The `ETag` of what you read. The request is refused with 412 if somebody has changed it since. Without this header the last write wins.',
  ],
  [/^at_min$/, 'What happened at this time or later.'],
  [/^at_max$/, 'What happened at this time or earlier.'],
  [/^(\w+)_contains$/, (field) => `Rows whose \`${field}\` contains this text. A-Z match a-z.`],
  [/^(\w+)_min$/, (field) => `Rows whose \`${field}\` is at least this.`],
  [/^(\w+)_max$/, (field) => `Rows whose \`${field}\` is at most this.`],
]

/** @returns nothing if the operation is not one of the standard ones */
export function wordsOf(operationId: string): Words | undefined {
  const [, verb, noun] = /^([a-z]+)([A-Z]\w*)$/.exec(operationId) ?? []
  return verb && noun ? OPERATIONS[verb]?.(spaced(noun.replace(/^Create(?=[A-Z])/, ''))) : undefined
}

/** @param noun of the row, as in `employee` */
export function parameterWords(name: string, noun: string, place: string): string {
  if (place === 'path') return `The ${spaced(name)} of the ${noun}.`
  const [pattern, words] = PARAMETERS.find(([pattern]) => pattern.test(name)) ?? []
  if (!words) return `Rows with this \`${name}\`.`
  return typeof words === 'string' ? words : words(pattern!.exec(name)![1]!)
}

/** @param schema of the object, as in `EmployeeView` */
export function propertyWords(name: string, schema: string): string {
  return `The ${name.replaceAll('_', ' ')} of the ${spaced(schema.replace(/(Input|Patch|View)$/, ''))}.`
}

/** @param type such as `CountryName`, or `EmployeeOrdering` */
export function typeWords(type: string): string {
  const isOrdering = type.endsWith('Ordering')
  return isOrdering ? 'An order of the rows. A minus means descending.' : `${capital(one(spaced(type)))}.`
}

/** The noun for one row of a resource. @param tag of its operations, as in `employees` */
export function nounOf(tag: string): string {
  return tag.replace(/ies$/, 'y').replace(/s$/, '').replaceAll('_', ' ')
}

/** How to get all rows of a list. */
export function pageWords(parameters: { name: string }[], row: object | undefined): string {
  if (!row) return ''
  const isPaged = parameters.some(({ name }) => name === 'limit')
  return `\n\n${isPaged ? PAGES : 'The response has all of them. There are no pages.'}`
}

const PAGES =
  'A page has 100 rows, or as many as `limit` says. The `Link` header has the addresses of the next page (`rel="next"`) and of the ' +
  'previous page (`rel="prev"`). On the last page it has no `next`. These addresses use `cursor`. You can also skip rows with `offset`, ' +
  'but this gets slower the more rows it skips.'

/** The scopes that an operation needs. They stand after what it does. */
export function scopeWords(needed: string[], widening: string[]): string {
  const named = (scopes: string[]) => scopes.map((scope) => `\`${scope}\``).join(', ')
  const needs = needed.length > 0 ? `\n\nNeeds the scope ${named(needed)}.` : ''
  return widening.length > 0 ? `${needs} With ${named(widening)} as well, it also covers those of other users.` : needs
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
