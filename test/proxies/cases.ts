import type { Person } from './people.js'

/**
 * Names by which a client might make a service believe that it is another one: WSGI, CGI and PHP read `_` as `-`, and some of them
 * `.` too.
 */
export const FORGED = [
  'X-Latchkey-User',
  'x-latchkey-user',
  'X-LATCHKEY-USER',
  'x_latchkey_user',
  'X_Latchkey_User',
  'X-Latchkey_User',
  'X_Latchkey-User',
  'X-Latchkey-User ',
  'X-Latchkey-User-Id',
  'x_latchkey_user_id',
  'X-Latchkey-User_Id',
  'X_Latchkey_User-Id',
  'X-Latchkey_User_Id',
  'x-lAtChKeY-uSeR-iD',
  'X-Latchkey-Token-Id',
  'X_LATCHKEY_TOKEN_ID',
  'X-Latchkey-Token_Id',
  'X-Latchkey-Scopes',
  'x_latchkey_scopes',
  'X-Latchkey_Scopes',
  'X.Latchkey.User.Id',
  'X-Latchkey.User-Id',
  'X~Latchkey~User',
]

/** What makes a proxy drop headers that it has set itself (RFC 9110, 7.6.1). */
export const CONNECTIONS = [
  'X-Latchkey-User',
  'close, X-Latchkey-User',
  'keep-alive, x-latchkey-user-id, X-Latchkey-Token-Id',
  'X-Latchkey-User, X-Latchkey-User-Id, X-Latchkey-Token-Id, X-Latchkey-Scopes, Authorization',
  'close\r\nConnection: X-Latchkey-User-Id',
]

/** Paths that lead past a rule where the proxy and the service read them differently. */
export const PATHS = [
  '//',
  '/.',
  '/../',
  '/%2e%2e/',
  '/open/../reports',
  '/open/..%2freports',
  '/open/%2e%2e/reports',
  '/open/%252e%252e/reports',
  '/open/..%5creports',
  '/open/..;/reports',
  '/%2f%2freports',
  '/reports%00',
  '/_latchkey',
  '/_latchkey/',
  '/%5flatchkey',
  '/api/checks/reports:read',
  '/?scope=reports:read',
  '/metrics',
  '/healthz',
  'http://localhost/',
]

/** What other services behind the proxy are sent, and what is nothing to a check. */
export const BESIDE = [
  'Accept: text/html, */*;q=0.1',
  'If-None-Match: "x"',
  'Idempotency-Key: 1',
  'Range: bytes=0-1',
  'X-Original-URI: /open',
  'X-Forwarded-Uri: /api/checks/reports:write',
  'X-Forwarded-Host: evil.example',
  'X-Forwarded-Method: POST',
  'X-HTTP-Method-Override: DELETE',
  `Cookie: big=${'x'.repeat(6000)}`,
]

/** Users of the world: what is not ASCII or has a meaning in a URL is encoded in the header. */
export const NAMES = ['सीता', 'Zoë', '李小龍', 'ines@example.com', 'a+b']

export function encoded(name: string): string {
  return encodeURIComponent(name).replaceAll('%40', '@')
}

/** The identity among a request's headers, however their names are written. */
export function identityIn(headers: [name: string, value: string][]): string {
  const found = headers.map(([name, value]) => [
    name
      .toLowerCase()
      .replaceAll(/[^a-z]/g, '-')
      .replace(/-$/, ''),
    value,
  ])
  return found
    .filter(([name, value]) => name!.startsWith('x-latchkey') && value !== '')
    .map(([name, value]) => `${name!.slice('x-latchkey-'.length)}=${value}`)
    .sort()
    .join(' ')
}

export function identityOf({ id, name }: Person, token: number, scopes: string): string {
  return `scopes=${scopes} token-id=${token} user-id=${id} user=${encoded(name)}`
}
