import type { Request, Response } from 'express'
import type { Problem } from '../api/wire.js'
import { escaped, marked, PAGE_POLICY, page } from '../docs/page.js'
import { prefixOf } from '../platform/public-url.js'

/** The texts of the two links of a list. */
const WAYS = { prev: 'Previous page', next: 'Next page' }

/** Sends the data of a success as a page, for somebody who has opened its address in a browser. */
export function sendDataPage(response: Response, status: number, data: object): void {
  const { req: request } = response
  const { operationId, summary, tags } = request.operation
  const { settings } = request.app.locals
  const content = `<p><code>GET ${escaped(prefixOf(settings) + request.path)}</code></p>
      ${shown(data, request)}
      ${pager(response)}`
  // An ETag that the controller has set is that of the JSON.
  response.removeHeader('ETag')
  response
    .status(status)
    .set('Content-Security-Policy', PAGE_POLICY)
    .type('html')
    .send(
      page(settings, {
        title: summary,
        content,
        inDocs: `#/${tags[0]}/${operationId}`,
      }),
    )
}

/** A problem as a page. */
export function pageOfProblem(request: Request, problem: Problem): string {
  // For a host that is not served, there is no other page to link to.
  const isServed = request.base !== undefined
  const { settings } = request.app.locals
  const content = `<p>${escaped(problem.detail)}</p>
      ${isServed ? `<p>${problem.status === 401 ? signIn(prefixOf(settings)) : ''}<a href="${problem.type}">What this means, and what to do</a></p>` : ''}
      ${shown(problem, request)}`
  return page(isServed ? settings : undefined, {
    title: `${problem.title} (${problem.status})`,
    content,
  })
}

const signIn = (prefix: string) =>
  `<a href="${prefix}/account/">Sign in</a> and open this page again. ${marked('A program sends `Authorization: Token <value>`, with the value from `POST /gettoken/`.')} `

/** Readable JSON, in which addresses of this service are links. */
function shown(data: object, { base }: Request): string {
  const json = escaped(JSON.stringify(data, null, 2)).replace(
    /&quot;(https?:[\w./:?=%~&;[\]-]*)&quot;/g,
    (whole, address: string) =>
      address.startsWith(`${base}/`) ? `&quot;<a href="${address}">${address}</a>&quot;` : whole,
  )
  return `<pre><code>${json}</code></pre>`
}

/** The links of a list's `Link` header (RFC 8288), because a browser does not show headers. */
function pager(response: Response): string {
  const links = [...String(response.get('Link') ?? '').matchAll(/<([^>]*)>; rel="(prev|next)"/g)]
  if (links.length === 0) return ''
  const items = links.map(
    ([, address, way]) => `<a href="${escaped(address!)}" rel="${way}">${WAYS[way as 'prev']}</a>`,
  )
  return `<p class="ways">${items.join(' ')}</p>`
}
