import type { Context } from './context.js'

/**
 * 0.1.0 took times that became none, and years of five digits, which text does not order. A token with the second kind ends with
 * the year 9999; one with the first has an end that nobody knows, so it ends now.
 */
export async function up({ dialect, table, run }: Context) {
  if (dialect === 'postgres')
    await run(
      `UPDATE ${table('tokens')} SET expires_at = '9999-12-31 23:59:59.999+00' WHERE expires_at >= '10000-01-01 00:00:00+00'`,
    )
  else {
    await run(
      `UPDATE ${table('tokens')} SET expires_at = '9999-12-31 23:59:59.999 +00:00' WHERE expires_at GLOB '[0-9][0-9][0-9][0-9][0-9]-*'`,
    )
    await run(`UPDATE ${table('tokens')} SET expires_at = strftime('%Y-%m-%d %H:%M:%f +00:00', 'now')
      WHERE expires_at IS NOT NULL AND expires_at NOT GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9] [0-9][0-9]:*'`)
  }
  // Another node that is still running remembers what these tokens could do.
  await run(`UPDATE ${table('epoch')} SET value = value + 1`)
}
