import type { Model, ModelStatic } from 'sequelize'
import { Group } from '../src/identity/groups/group.js'
import { Token } from '../src/identity/tokens/token.js'
import { User } from '../src/identity/users/user.js'
import { Employee } from '../src/resources/employees/employee.js'

/** Every row that a request could change, but for what is noted of its own use. */
export async function everything(): Promise<object[]> {
  const models: ModelStatic<Model>[] = [User, Employee, Group, Token]
  const exclude = ['lastUsedAt', 'lastUsedFrom', 'lastUsedAgent', 'useCount']
  const rows = models.map((model) =>
    model.findAll({ raw: true, attributes: { exclude }, order: [model.primaryKeyAttribute] }),
  )
  return (await Promise.all(rows)).flat()
}
