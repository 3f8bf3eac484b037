import { readFileSync } from 'node:fs'
import type { Model, ModelStatic } from 'sequelize'
import { service } from '../../build/routes.js'
import { isOwned } from '../api/owner.js'
import { toHttpError } from '../http/problems.js'
import type { RowsWish } from '../imports/rows.js'
import { sequelize } from '../platform/database/connection.js'

interface Operation {
  tags: string[]
  requestBody?: { content: Record<string, { schema: { $ref?: string } }> }
}

const { paths }: { paths: Record<string, { post?: Operation }> } = JSON.parse(
  readFileSync(new URL('../../../spec/openapi.json', import.meta.url), 'utf8'),
)

/**
 * The resources that an operator names, as the document has them; to know all of their models, the whole API is loaded.
 * @throws with a line for the operator
 */
export function resourcesOf(wishes: { resource: string; table: string }[]): RowsWish[] {
  return wishes.map(({ resource, table }) => {
    const models = Object.values(sequelize.models) as ModelStatic<Model>[]
    const model = models.find(({ tableName }) => tableName === resource)
    const schema = schemaOf(resource)
    if (!model || !schema) throw new Error(`there is no resource ${JSON.stringify(resource)} that takes in rows`)
    if (isOwned(model)) throw new Error(`the rows of ${resource} have owners, which a table of Django does not tell`)
    return { resource, table, model, requireBody: bodyCheck(schema) }
  })
}

function bodyCheck(schema: string) {
  return (body: object) => {
    try {
      service.requireBody(schema, body)
    } catch (error) {
      throw toHttpError(error)
    }
  }
}

/** What a create takes, of what can be created in bulk. */
function schemaOf(resource: string): string | undefined {
  const [path] =
    Object.entries(paths).find(([name, { post }]) => name.endsWith('/bulk') && post?.tags[0] === resource) ?? []
  const create = path && paths[path.replace(/\/bulk$/, '')]?.post
  return create ? create.requestBody?.content['application/json']?.schema.$ref?.split('/').at(-1) : undefined
}
