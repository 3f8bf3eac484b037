import type { Context } from './context.js'

/** The schema's history, oldest first; a name, once shipped, never changes. */
export const HISTORY: Record<string, () => Promise<{ up: (context: Context) => Promise<void> }>> = {
  '0001-users': () => import('./0001-users.js'),
  '0002-employees': () => import('./0002-employees.js'),
  '0003-tokens': () => import('./0003-tokens.js'),
  '0004-token-life': () => import('./0004-token-life.js'),
  '0005-events': () => import('./0005-events.js'),
  '0006-admin-site': () => import('./0006-admin-site.js'),
  '0007-idempotency': () => import('./0007-idempotency.js'),
  '0020-times': () => import('./0020-times.js'),
  '0021-names': () => import('./0021-names.js'),
  '0022-actor-kinds': () => import('./0022-actor-kinds.js'),
  '0030-rights-changes': () => import('./0030-rights-changes.js'),
  '0031-scopes': () => import('./0031-scopes.js'),
  '0032-imported': () => import('./0032-imported.js'),
  '0033-origins': () => import('./0033-origins.js'),
  '0034-kept-tokens': () => import('./0034-kept-tokens.js'),
  '0035-links': () => import('./0035-links.js'),
  '0036-changes': () => import('./0036-changes.js'),
  '0037-ended': () => import('./0037-ended.js'),
}
