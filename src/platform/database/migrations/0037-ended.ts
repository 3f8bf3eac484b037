import type { Context } from './context.js'

/**
 * What has ended is found by its end. Of tokens the expiry has an index already; this one has revoked tokens alone, so that a live one
 * pays nothing, and a use of a token goes on to change no index. Of 1,000,000 tokens of which 400,000 are revoked it is made within a
 * second on SQLite and has 16 MB (measured: test/large/prune.large.ts).
 */
export async function up({ table, run }: Context) {
  await run(`CREATE INDEX tokens_revoked_at ON ${table('tokens')} (revoked_at) WHERE revoked_at IS NOT NULL`)
  await run(`CREATE INDEX one_time_links_expires_at ON ${table('one_time_links')} (expires_at)`)
}
