import { Sequelize } from 'sequelize'
import { settings } from '../config.js'
import { isTracing, traced } from '../tracing.js'

/** The names in OpenTelemetry's conventions for databases. */
const SYSTEMS = { sqlite: 'sqlite', postgres: 'postgresql' }

/** Texts and numbers. Names have other quotes, and placeholders begin with a sign. */
const VALUES = /\bE'(?:[^'\\]|''|\\.)*'|'(?:[^']|'')*'|(?<![\w$."`])-?\d+(?:\.\d+)?(?:e[+-]?\d+)?\b/gi

/** The most characters of a statement in a span. */
const LONGEST = 2000

/** Runs a statement as a span. The span has its text without the values that Sequelize may have put into it. */
export function tracedStatement<Result>(statement: string, work: () => Promise<Result>): Promise<Result> {
  if (!isTracing()) return work()
  const text = withoutValues(statement)
  const [, operation = 'statement'] = /^\s*(\w+)/.exec(text) ?? []
  const [, table] = /\b(?:FROM|INTO|UPDATE)\s+([\w."`]+)/i.exec(text) ?? []
  const attributes = {
    'db.system.name': SYSTEMS[settings().database.dialect],
    'db.operation.name': operation.toUpperCase(),
    'db.query.text': text,
    ...(table && { 'db.collection.name': table.replace(/["`]/g, '') }),
  }
  const name = [attributes['db.operation.name'], attributes['db.collection.name']].filter(Boolean).join(' ')
  return traced(name, attributes, work, 'client')
}

/** A Sequelize whose statements are spans of the requests that they are for. */
export class TracedSequelize extends Sequelize {
  override query(...parameters: unknown[]): never {
    const [sql] = parameters as [string | { query: string }]
    const run = () => super.query(...(parameters as [string])) as Promise<unknown>
    return tracedStatement(typeof sql === 'string' ? sql : sql.query, run) as never
  }
}

function withoutValues(statement: string): string {
  return statement.replace(VALUES, '?').slice(0, LONGEST)
}
