import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { parsePlan } from '../src/document/resource/arguments.js'
import type { Target } from '../src/document/resource/plan.js'
import { isSqlite } from '../src/platform/database/connection.js'
import { type Database, emptyDatabase, onPostgres, onSqlite } from './databases.js'
import { SCHEMAS, statementsOf } from './real-schemas.js'
import { wishIn } from './resource-line.js'
import { sql } from './sql.js'

describe('npm run resource -- add --from', function () {
  this.timeout(60_000)
  let database: Database

  beforeEach(async () => {
    database = await emptyDatabase()
  })

  afterEach(() => database.remove())

  const make = async (...statements: string[]) => {
    for (const statement of statements) await sql(database.env.DATABASE_URL, statement)
  }

  const from = async (...options: string[]) => {
    const args = ['build/src/document/resource/resource.js', 'add', '--from', 'SHOP_URL', ...options]
    const env = { ...process.env, SHOP_URL: database.env.DATABASE_URL }
    const {
      stdout,
      stderr,
      code = 0,
    } = await promisify(execFile)(process.execPath, args, { env }).catch((error) => error)
    return { lines: stdout.trimEnd().split('\n') as string[], stderr: stderr as string, code: code as number }
  }

  // Its foreign keys name what comes later, and its types are SQLite's.
  for (const [name, tables] of Object.entries(SCHEMAS))
    if (isSqlite || name === 'northwind')
      it(`takes or refuses each table of ${name}, in an order in which references are there`, async () => {
        await make(...statementsOf(tables))
        const { lines, stderr, code } = await from()
        expect([code, stderr]).to.deep.equal([0, ''])
        const commands = lines.filter((line) => line.startsWith('npm run resource -- add '))
        const refused = lines.flatMap((line) => /^# (\w+): refused: ./.exec(line)?.[1] ?? [])
        expect(commands.length + refused.length, lines.join('\n')).to.equal(Object.keys(tables).length)
        expect(refused).to.deep.equal(Object.keys(tables).filter((table) => REFUSED.includes(table)))
        const made: Target[] = []
        for (const command of commands) made.push(parsePlan(wishIn(command), made))
      })

  onSqlite('a SQLite file', () => {
    it('is proposed with the names, kinds, lengths and references of ours', async () => {
      await make(...statementsOf(SCHEMAS.chinook))
      expect((await from('Track')).lines).to.deep.equal([
        'npm run resource -- add tracks name:text:1-200 album:albums:null media_type:media_types genre:genres:null composer:text:1-220:null milliseconds:integer bytes:integer:null unit_price:decimal:10,2',
      ])
    })

    it('is read for its defaults, checks, indexes and rows', async () => {
      await make(
        `CREATE TABLE "Shop Item" (sku char(8) PRIMARY KEY, "order" INT NOT NULL DEFAULT 1, state TEXT NOT NULL DEFAULT 'new'
          CHECK (state IN ('new', 'sold')), stars INT NOT NULL CHECK (stars BETWEEN 1 AND 5), title VARCHAR(30) NOT NULL,
          blank VARCHAR(30) NOT NULL, big BIGINT, photo BLOB, ratio REAL, both TEXT GENERATED ALWAYS AS (sku || title),
          at DATETIME DEFAULT CURRENT_TIMESTAMP, is_free BOOLEAN NOT NULL DEFAULT 0)`,
        'CREATE INDEX titles ON "Shop Item" (title)',
        `INSERT INTO "Shop Item" (sku, stars, title, blank, big) VALUES ('a', 1, 'A', '', 3000000000)`,
      )
      const { lines } = await from('Shop Item')
      expect(lines[0]).to.equal(
        'npm run resource -- add shop_items order_value:integer:default=1 state:enum:new,sold:default=new stars:integer:1-5 title:text:1-30:indexed blank:text:0-30 at:time:null is_free:boolean:default=false --key sku:text:1-8',
      )
      const told = lines
        .slice(1)
        .map((line) => line.replace(/^# Shop Item: (\w+): (left out|is called|\w+).*$/, '$1 $2'))
      expect(told).to.deep.equal([
        'order is called',
        'big left out',
        'photo left out',
        'ratio left out',
        'both left out',
        'at has',
        'at its',
      ])
    })

    it('is refused table by table: views, and keys that are none', async () => {
      await make(
        'CREATE TABLE a (x INTEGER, y INTEGER, PRIMARY KEY (x, y))',
        'CREATE TABLE b (x TEXT)',
        'CREATE TABLE c (x BLOB PRIMARY KEY)',
        'CREATE VIEW d AS SELECT x FROM b',
      )
      expect((await from()).lines).to.deep.equal([
        '# a: refused: its key has 2 columns: x, y',
        '# b: refused: it has no primary key',
        '# c: refused: its key x is binary, or of no type',
        '# d: refused: it is a view',
      ])
      expect(await from('a')).to.include({
        code: 1,
        stderr: 'resource: --from: a: refused: its key has 2 columns: x, y\n',
      })
      expect((await from('aa')).stderr).to.equal('resource: --from: there is no table aa, did you mean a?\n')
    })
  })

  onPostgres('a PostgreSQL database', () => {
    it('is read for its own kinds: enumerations, domains, uuid, identity, checks and arrays', async () => {
      await make(
        "CREATE TYPE mood AS ENUM ('calm', 'loud')",
        'CREATE DOMAIN year AS integer CHECK (VALUE > 1900)',
        'CREATE TABLE rooms (id uuid PRIMARY KEY, name varchar(20) NOT NULL UNIQUE)',
        `CREATE TABLE guests (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, room uuid REFERENCES rooms ON DELETE CASCADE,
          mood mood NOT NULL DEFAULT 'calm', born year, state varchar(9) NOT NULL CHECK (state IN ('in', 'out')),
          stars smallint NOT NULL CHECK (stars >= 1 AND stars <= 5), paid numeric(10,2) NOT NULL DEFAULT 0.00,
          seen timestamptz NOT NULL DEFAULT now(), tags text[], extra jsonb, wakes time)`,
      )
      const { lines } = await from()
      expect(lines.slice(0, 2)).to.deep.equal([
        'npm run resource -- add rooms name:text:1-20:unique --key id:uuid',
        'npm run resource -- add guests room:rooms:null:cascade mood:enum:calm,loud:default=calm born:integer:null state:enum:in,out stars:integer:1-5 paid:decimal:10,2:default=0.00 seen:time',
      ])
      expect(lines.slice(2).map((line) => line.split(' ', 3)[2])).to.deep.equal(['seen:', 'tags:', 'extra:', 'wakes:'])
    })

    it('that refuses is reported in one line without the password', async () => {
      const url = new URL(database.env.DATABASE_URL)
      url.password = 'tea-for-2-at-4'
      url.pathname = '/nowhere'
      const args = ['build/src/document/resource/resource.js', 'add', '--from', url.href]
      const { stderr, code } = await promisify(execFile)(process.execPath, args).catch((error) => error)
      expect([code, stderr]).to.deep.equal([
        1,
        'resource: --from: the database cannot be read: database "nowhere" does not exist\n',
      ])
    })
  })
})

/** Their keys have two columns. */
const REFUSED = ['PlaylistTrack', 'customer_customer_demo', 'employee_territories', 'order_details']
