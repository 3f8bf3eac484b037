/** An operation that gives an array. */
export type ListOperation = (options: never) => Promise<{ data?: readonly unknown[] | undefined; response: Response }>

/** What a list operation lists. */
export type Row<List extends ListOperation> = NonNullable<Awaited<ReturnType<List>>['data']>[number]

/**
 * The rows of a list, one after the other, through all its pages; each page is asked for when the one before is used up.
 * @param options as for the operation itself; `limit` is the length of a page
 * @throws {ProblemError} and whatever the operation throws
 */
export async function* each<List extends ListOperation>(
  list: List,
  options: Parameters<List>[0],
): AsyncGenerator<Row<List>, void, undefined> {
  for await (const page of pages(list, options)) yield* page
}

/**
 * The pages of a list, by `rel="next"` of their `Link` headers.
 * @throws {Error} when a link leads to another origin, which must not see the token
 */
export async function* pages<List extends ListOperation>(
  list: List,
  options: Parameters<List>[0],
): AsyncGenerator<Row<List>[], void, undefined> {
  const read = list as unknown as (
    options: object,
  ) => Promise<{ data: Row<List>[]; request: Request; response: Response }>
  let place = {}
  for (;;) {
    const { data, request, response } = await read({ ...(options as object), ...place, throwOnError: true })
    yield data
    const next = nextOf(response.headers.get('Link') ?? '')
    if (next === undefined) return
    const { origin, pathname, search } = new URL(next, response.url || request.url)
    // Not the origin that a redirect may have led to.
    const asked = new URL(request.url).origin
    if (origin !== asked) throw new Error(`The next page is at ${origin} and not at ${asked}, so it was not asked for`)
    place = { baseUrl: origin, url: pathname + search, path: undefined, query: undefined }
  }
}

const LINK = /<([^<>]*)>((?:\s*;\s*[^\s;,="]+\s*(?:=\s*(?:"(?:\\.|[^"\\])*"|[^\s;,"]+))?)*)/g
const PARAMETER = /;\s*([^\s;,="]+)\s*(?:=\s*(?:"((?:\\.|[^"\\])*)"|([^\s;,"]+)))?/g

/** RFC 8288: of several `rel` the first counts, it may name several relations, and a link with `anchor` is about another page. */
function nextOf(header: string): string | undefined {
  for (const [, target, text = ''] of header.matchAll(LINK)) {
    const parameters = [...text.matchAll(PARAMETER)].map(([, name, quoted, plain]) => ({
      name: name!.toLowerCase(),
      value: quoted?.replace(/\\(.)/g, '$1') ?? plain ?? '',
    }))
    const relations =
      parameters
        .find(({ name }) => name === 'rel')
        ?.value.toLowerCase()
        .split(/\s+/) ?? []
    if (relations.includes('next') && !parameters.some(({ name }) => name === 'anchor')) return target
  }
  return undefined
}
