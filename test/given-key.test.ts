import { expect } from 'chai'
import { DataTypes, type InferAttributes, type InferCreationAttributes, Model } from 'sequelize'
import { Change } from '../src/api/change.js'
import { knownResources } from '../src/api/known-resources.js'
import { resource } from '../src/api/resource.js'
import type { ResourceRequest } from '../src/api/wire.js'
import { settings } from '../src/platform/config.js'
import { isSqlite, sequelize } from '../src/platform/database/connection.js'
import { contextOf } from '../src/platform/database/migrations/context.js'
import { write } from '../src/platform/database/write-queue.js'

// Of the service's own resources none has such a key; `npm run test:resource` adds some that have, which takes minutes.

class Lantern extends Model<InferAttributes<Lantern>, InferCreationAttributes<Lantern>> {
  declare id: number
  declare name: string
}

const run = (statement: string) => write((transaction) => sequelize.query(statement, { transaction }))

const request = (): ResourceRequest => ({
  user: { user: { id: 1, username: 'ravi', isSuperuser: false } },
  id: 'a request',
  operation: { operationId: 'createLantern' },
  base: 'http://localhost:8000',
  path: '/api/lanterns',
  app: { locals: { settings: settings() } },
  res: { set: () => {}, status: () => ({ end: () => {} }) },
})

describe('a row whose key the database gives', () => {
  const lanterns = () => resource(Lantern, { view: ({ id, name }) => ({ id, name }), search: ['name'] })

  before(async () => {
    const { id, text } = contextOf(isSqlite ? 'sqlite' : 'postgres', async () => [])
    await run(`CREATE TABLE lanterns (id ${id}, name ${text} NOT NULL)`)
    Lantern.init(
      {
        id: { type: DataTypes.INTEGER, primaryKey: true, autoIncrement: true },
        name: { type: DataTypes.TEXT, allowNull: false },
      },
      { sequelize, tableName: 'lanterns' },
    )
  })

  after(async () => {
    knownResources.delete('lanterns')
    sequelize.modelManager.removeModel(Lantern)
    await run('DROP TABLE lanterns')
  })

  it('is made with another one each time, and shows it', async () => {
    const { create, get } = lanterns()
    const [great, small] = [await create(request(), { name: 'great' }), await create(request(), { name: 'small' })]
    expect(small.id).to.be.greaterThan(great.id)
    expect(await get(request(), great.id)).to.deep.equal({ id: great.id, name: 'great' })
  })

  it('is changed by it, and keeps it', async () => {
    const { create, change, get } = lanterns()
    const { id } = await create(request(), { name: 'great' })
    expect(await change(request(), id, { name: 'greater' })).to.deep.equal({ id, name: 'greater' })
    expect(await get(request(), id)).to.deep.equal({ id, name: 'greater' })
  })

  it('has it in its history', async () => {
    const { create, change } = lanterns()
    const { id } = await create(request(), { name: 'great' })
    await change(request(), id, { name: 'greater' })
    const changes = await Change.findAll({ where: { resource: 'lanterns' }, order: ['id'] })
    expect(changes.map(({ action, object }) => [action, object])).to.deep.equal([
      ['created', String(id)],
      ['changed', String(id)],
    ])
  })
})
