import { Ajv } from 'ajv'
import newman, { type NewmanRunSummary } from 'newman'
import { type CollectionResult, convertV2 } from 'openapi-to-postmanv2'
import { document, type Operation, operations } from '../document.js'
import { CREDENTIALS } from '../process.js'
import { ADDRESS } from './installed.js'

interface Folder {
  item: (Folder | Item)[]
}

interface Item {
  name: string
  request: {
    method: string
    auth: { type: string; apikey: Pair[] } | null
    url: { host: string[]; path: string[]; query: Pair[]; variable: Pair[] }
    header: Pair[]
    body: { raw?: string }
  }
  response: { originalRequest: Item['request'] }[]
}

interface Pair {
  key: string
  value: string
  disabled?: boolean
}

interface Collection extends Folder {
  variable: Pair[]
}

/** What the converter writes where it is not to take examples, for the user to fill in. */
const PLACEHOLDER = /^<\w+>$/

/** The steps of an employee's life, and what each is answered. */
const LIFE = {
  createEmployee: 201,
  getEmployee: 200,
  replaceEmployee: 200,
  updateEmployee: 200,
  deleteEmployee: 204,
}

const ajv = new Ajv({ strict: false, validateFormats: false, coerceTypes: true }).addSchema(document, 'document')

/** What somebody gets who imports the document and changes no setting. */
export const withDefaults = () => convert({})

/** What somebody gets who has the examples taken. */
export const withExamples = () => convert({ parametersResolution: 'Example' })

/**
 * Each request goes to the address of the document, and has its token where the document wants it.
 * @throws with those that do not
 */
export async function checkAddressAndToken({ variable, ...folder }: Collection): Promise<void> {
  const base = variable.find(({ key }) => key === 'baseUrl')?.value
  const wrong = base === ADDRESS ? [] : [`baseUrl: ${base}`]
  for (const { name, request } of itemsIn(folder)) {
    const { security } = operationOf(request)
    const [first] = security
    const {
      key,
      value,
      in: place,
    } = Object.fromEntries((request.auth?.apikey ?? []).map((pair) => [pair.key, pair.value]))
    const hasToken = place === 'header' && key === 'Authorization' && value === '{{apiKey}}'
    const isAsWanted = first === undefined ? request.auth === null : 'Session' in first || hasToken
    if (!isAsWanted || request.url.host.join('.') !== '{{baseUrl}}')
      wrong.push(`${name}: ${request.url.host} ${JSON.stringify(request.auth)}`)
  }
  if (wrong.length > 0) throw new Error(wrong.join('\n'))
}

/**
 * Each value of a parameter is a place to fill in, or what the parameter's schema allows.
 * @returns what to print
 * @throws with those that are neither
 */
export async function checkParameters(collection: Collection): Promise<string> {
  const items = itemsIn(collection)
  const wrong = items.flatMap(({ name, request, response }) =>
    [request, ...response.map(({ originalRequest }) => originalRequest)].flatMap((sent) => {
      const { parameters = [] } = operationOf(request)
      return [...sent.url.query, ...sent.url.variable, ...(sent.header ?? [])].flatMap(({ key, value }) => {
        const schema = parameters.find((parameter) => parameter.name === key)?.schema
        if (!schema || PLACEHOLDER.test(value) || ajv.validate(inDocument(schema), value)) return []
        return [`${name}: ${key}: ${value} ${ajv.errorsText()}`]
      })
    }),
  )
  if (wrong.length > 0) throw new Error([...new Set(wrong)].join('\n'))
  return `${items.length} requests`
}

/**
 * Somebody fills in the credentials, then `apiKey`, leaves out what is optional, and reads every list.
 * @throws with what is not 200
 */
export async function signInAndList(collection: Collection, url: string): Promise<string> {
  const items = withoutOptional(collection)
  const token = await signIn(items, url)
  const lists = items.filter(({ request: { method, auth, url } }) => {
    const isOfToken = auth?.apikey.some(({ value }) => value === 'Authorization')
    return method === 'GET' && isOfToken && url.variable.length === 0
  })
  await send(lists, url, token, () => 200)
  return `${lists.length} requests`
}

/** As `signInAndList`, with what is made, read, changed and deleted as the examples have it. */
export async function liveALife(collection: Collection, url: string): Promise<void> {
  const items = withoutOptional(collection)
  const token = await signIn(items, url)
  const life = Object.keys(LIFE).map((id) => items.find(({ request }) => operationOf(request).operationId === id)!)
  await send(life, url, token, ({ operationId }) => LIFE[operationId as keyof typeof LIFE])
}

async function signIn(items: Item[], url: string): Promise<string> {
  const item = items.find(({ request }) => operationOf(request).operationId === 'obtainToken')!
  item.request.body.raw = JSON.stringify(CREDENTIALS)
  const [text] = await send([item], url, '', () => 200)
  return JSON.parse(text!).token
}

/** @returns the responses' bodies */
async function send(item: Item[], url: string, token: string, expected: (operation: Operation) => number) {
  const variables = { baseUrl: url, apiKey: `Token ${token}` }
  const summary = await new Promise<NewmanRunSummary>((resolve, reject) =>
    newman.run(
      {
        collection: { info: { name: 'converted' }, item },
        envVar: Object.entries(variables).map(([key, value]) => ({ key, value })),
        timeoutRequest: 10_000,
      },
      (error, done) => (error ? reject(error) : resolve(done)),
    ),
  )
  const told = summary.run.executions.map(({ response }) => ({ code: response?.code, text: response?.text() ?? '' }))
  const wrong = item.flatMap(({ name, request }, index) => {
    const { code, text } = told[index]!
    const status = expected(operationOf(request))
    return code === status ? [] : [`${name}: ${code} instead of ${status}: ${text}`]
  })
  if (wrong.length > 0) throw new Error(wrong.join('\n'))
  return told.map(({ text }) => text)
}

function withoutOptional(collection: Collection): Item[] {
  return itemsIn(structuredClone(collection)).map((item) => {
    const { parameters = [] } = operationOf(item.request)
    for (const pair of [...item.request.url.query, ...item.request.header])
      if (parameters.some(({ name, required }) => name === pair.key && !required)) pair.disabled = true
    return item
  })
}

function itemsIn({ item }: Folder): Item[] {
  return item.flatMap((part) => ('item' in part ? itemsIn(part) : part))
}

function operationOf({ method, url }: Item['request']): Operation {
  const path = `/${url.path.join('/')}`.replace(/:(\w+)/g, '{$1}')
  return operations.find((operation) => operation.method === method && operation.path === path)!
}

function inDocument(schema: object): object {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"document#/'))
}

function convert(options: object): Promise<Collection> {
  return new Promise((resolve, reject) =>
    // A copy, as the converter writes into what it is given.
    convertV2({ type: 'json', data: structuredClone(document) }, options, (error, result?: CollectionResult) =>
      result?.output
        ? resolve(result.output[0]!.data as unknown as Collection)
        : reject(error ?? new Error(result?.reason)),
    ),
  )
}
