import { type Client, type Config, createClient as createFetchClient } from './generated/client/index.js'
import { obtainToken } from './generated/index.js'
import { ProblemError, problemOf } from './problem-error.js'
import { SignIn } from './sign-in.js'

export type { Client }

/** Whatever the fetch client understands besides, such as `headers`, `signal` or a `fetch` of one's own. */
export type ClientOptions = Omit<
  Config,
  'auth' | 'baseUrl' | 'method' | 'parseAs' | 'responseStyle' | 'throwOnError'
> & {
  /** Where the service is, such as `https://tokens.example.com` or `https://example.com/tokens/`. */
  baseUrl: string
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
  const plain: Config = { ...config, baseUrl, parseAs: 'json', throwOnError: true }
  const header = token === undefined ? undefined : authorizationOf(token)
  if (username === undefined) return withProblems(createFetchClient({ ...plain, auth: inHeader(() => header) }))

  const anonymous = createClient({ ...config, baseUrl })
  const signIn = new SignIn(async () => {
    const { data } = await obtainToken({ client: anonymous, body: { username, password } })
    return authorizationOf(data.token)
  })
  return withProblems(
    createFetchClient({
      ...plain,
      auth: inHeader(() => signIn.current()),
      fetch: withSecondAttempt(signIn, config.fetch ?? ((request) => fetch(request))),
    }),
  )
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
    again.headers.set('Authorization', await signIn.renewed(refused))
    return send(again)
  }
}

/** The admin site's cookie is the browser's matter. */
function inHeader(header: () => string | undefined | Promise<string>): Config['auth'] {
  return (auth) => (auth.in === 'cookie' ? undefined : header())
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
