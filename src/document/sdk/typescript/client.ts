import { unlessAborted } from './abort.js'
import { type Client, type Config, createClient as createFetchClient } from './generated/client/index.js'
import { type Credentials, obtainToken } from './generated/index.js'
import { ProblemError, problemOf } from './problem-error.js'
import { withKey, withRetries } from './retries.js'
import { SignIn } from './sign-in.js'

export type { Client }

/** As other clients have it, such as ky and OpenAI's. */
const RETRIES = 2

/** Whatever the fetch client understands besides, such as `headers`, a `fetch` of one's own, or a `signal` that aborts all requests of the client. */
export type ClientOptions = Omit<
  Config,
  'auth' | 'baseUrl' | 'method' | 'parseAs' | 'responseStyle' | 'throwOnError'
> & {
  /** Where the service is, such as `https://tokens.example.com` or `https://example.com/tokens/`. */
  baseUrl: string
  /** How often a request that is safe to repeat is sent again after 429, 503 or no response: 2, unless said otherwise. 0 for never. */
  retries?: number
} & (
    | {
        /** The value alone, or `Token <value>` or `Bearer <value>`. Without one, only open operations answer. */
        token?: string
        username?: never
        password?: never
      }
    | {
        token?: never
        /** Traded, with the password, for the account token when a request first needs it, and again after a 401. */
        username: string
        password: string
      }
  )

/**
 * A client for the `client` option of every operation. Failed responses are thrown as `ProblemError`; where nothing was
 * answered, what `fetch` throws is thrown.
 */
export function createClient({ baseUrl: address, token, username, password, ...config }: ClientOptions): Client {
  requirePlain(address)
  // Every path begins with a slash.
  const baseUrl = address.replace(/\/+$/, '')
  const { retries = RETRIES, signal, fetch: send = (request) => fetch(request), ...plain } = config
  if (!Number.isInteger(retries) || retries < 0) throw new TypeError('retries must be 0, 1, 2 or another whole number')
  const repeated = withRetries(send, retries)
  const header = token === undefined ? undefined : authorizationOf(token)
  const signIn = username === undefined ? undefined : signInBy({ ...config, baseUrl }, { username, password })

  const client = createFetchClient({
    ...plain,
    baseUrl,
    parseAs: 'json',
    throwOnError: true,
    auth: () => header,
    fetch: withSignal(signIn ? withSecondAttempt(signIn, repeated) : repeated, signal),
  })
  if (retries > 0) client.interceptors.request.use((request, { url }) => withKey(request, url))
  if (signIn)
    client.interceptors.request.use((request, { security }) => (security ? signedIn(request, signIn) : request))
  return withProblems(client)
}

function signInBy(config: ClientOptions, body: Credentials): SignIn {
  const anonymous = createClient(config)
  return new SignIn(async () => {
    const { data } = await obtainToken({ client: anonymous, body })
    return authorizationOf(data.token)
  })
}

/** With the token of the sign-in, unless the caller has set another one. */
async function signedIn(request: Request, signIn: SignIn): Promise<Request> {
  if (!request.headers.has('Authorization'))
    request.headers.set('Authorization', await unlessAborted(signIn.current(), request.signal))
  return request
}

/** The signal of the client counts beside that of a single request. */
function withSignal(send: typeof fetch, signal: AbortSignal | null | undefined): typeof fetch {
  if (!signal) return send
  return async (input, init) => {
    const request = new Request(input, init)
    return send(new Request(request, { signal: AbortSignal.any([signal, request.signal]) }))
  }
}

/** What is refused with a token of the sign-in is sent once more with a new one. */
function withSecondAttempt(signIn: SignIn, send: typeof fetch): typeof fetch {
  return async (input, init) => {
    const request = new Request(input, init)
    // A body can be read once, and the clone has its own.
    const again = request.clone()
    const response = await send(request)
    const refused = request.headers.get('Authorization')
    if (response.status !== 401 || refused === null || !signIn.gave(refused)) return response
    await response.body?.cancel()
    again.headers.set('Authorization', await unlessAborted(signIn.renewed(refused), request.signal))
    return send(again)
  }
}

function withProblems(client: Client): Client {
  client.interceptors.error.use((error, response: Response | undefined, request, { throwOnError }) => {
    if (!response) throw error
    const problem = problemOf(error, response)
    if (!throwOnError) return problem
    return new ProblemError(problem, `${request.method} ${new URL(request.url).pathname}`)
  })
  return client
}

/** `Headers` would repeat the value in its message. */
function authorizationOf(token: string): string {
  const value = token.trim()
  if (!/^[\x20-\x7e]+$/.test(value))
    throw new TypeError('The token is empty or has characters that no header may carry')
  return /^(token|bearer) /i.test(value) ? value : `Token ${value}`
}

/** `Request` would repeat a password that stands in the URL in its message. */
function requirePlain(baseUrl: string): void {
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined
  if (!url || url.username || url.password) throw new TypeError('baseUrl must be an absolute URL without credentials')
}
