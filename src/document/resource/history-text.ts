import { Refusal } from './plan.js'
import { HISTORY, history } from './project.js'

/** The list of migrations with one more. */
export function historyWith(migration: string): string {
  const line = `  '${migration}': () => import('./${migration}.js'),\n`
  const [before, after, more] = history().split(/^(?=\}$)/m)
  if (after === undefined || more !== undefined)
    throw new Refusal(`${HISTORY} has another form than this command knows`)
  return `${before}${line}${after}`
}
