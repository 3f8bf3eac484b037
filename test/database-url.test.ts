import { resolve } from 'node:path'
import { expect } from 'chai'
import { ConfigError, loadConfig } from '../src/platform/config.js'
import { parseDatabaseUrl } from '../src/platform/database-url.js'
import { placesText } from '../src/platform/postgres-url.js'
import { blockOf } from './blocks.js'

describe('DATABASE_URL', () => {
  const databases: [url: string, expected: object][] = [
    ['sqlite:here/a.sqlite3', { dialect: 'sqlite', file: resolve('here/a.sqlite3'), isDefault: false }],
    ['sqlite:///srv/a.sqlite3', { dialect: 'sqlite', file: '/srv/a.sqlite3', isDefault: false }],
    [
      'postgres://me:p%40ss@db.example/d%20b',
      {
        dialect: 'postgres',
        places: [{ host: 'db.example', port: 5432 }],
        name: 'd b',
        username: 'me',
        password: 'p@ss',
        tls: undefined,
        schema: undefined,
        session: undefined,
        connectTimeout: undefined,
      },
    ],
    ['postgresql://me:p@[::1]:6000/d', { places: [{ host: '::1', port: 6000 }], tls: undefined }],
    ['postgres://m%3Ae:a@b:c@h/d', { username: 'm:e', password: 'a@b:c', ...at('h:5432') }],
    ['postgres://me:p@a,b:6000/d', at('a:5432', 'b:6000')],
    ['postgres://me:p@[::1]:6000,[fe80::1%25eth0],10.0.0.1/d', at('::1:6000', 'fe80::1%eth0:5432', '10.0.0.1:5432')],
    ['postgres://me:p@/d?host=a,b&port=6000,', at('a:6000', 'b:5432')],
    ['postgres://me:p@/d?host=a,b&port=6000', at('a:6000', 'b:6000')],
    ['postgres://me:p@localhost:6000/d?host=a', at('a:6000')],
    ['postgres://me:p@a,b/d?port=6000', at('a:6000', 'b:6000')],
    ['postgres:///d?host=/run/postgresql&user=me', { username: 'me', password: '', ...at('/run/postgresql:5432') }],
    ['postgres://me@%2Frun%2Fpostgresql:6000/d', at('/run/postgresql:6000')],
    ['postgres://me:p@localhost/d?host=/cloudsql/p:r:i', at('/cloudsql/p:r:i:5432')],
    ['postgres://a/d?user=me&password=p%2Bq+r&dbname=e', { name: 'e', username: 'me', password: 'p+q+r' }],
    [
      'postgres://me:p@a,b/d?target_session_attrs=read-write&connect_timeout=3',
      { session: 'read-write', connectTimeout: 3000 },
    ],
    ['postgres://me:p@h/d?sslmode=disable', { tls: undefined }],
    ['postgres://me:p@h/d?sslmode=require', { tls: { mode: 'require', root: undefined, client: undefined } }],
    ['postgres://me:p@h/d?sslmode=verify-ca', { tls: { mode: 'verify-ca', root: undefined, client: undefined } }],
    [
      'postgres://me:p@h/d?sslmode=verify-full&sslrootcert=system',
      { tls: { mode: 'verify-full', root: undefined, client: undefined } },
    ],
    ['postgres://me:p@h/d?schema=Tokens_2-b', { schema: 'Tokens_2-b' }],
  ]
  for (const [url, expected] of databases)
    it(`takes DATABASE_URL=${url}`, () => {
      expect(loadConfig({ DATABASE_URL: url }).database).to.deep.include(expected)
    })

  const wrong = [
    'postgres://u:planted@',
    'postgres://u:planted@127.0.0.1/',
    'postgres://u:planted@127.0.0.1/d?sslmode=prefer',
    'postgres://u:planted%ZZ@127.0.0.1/d',
    'postgres://u:planted@/d',
    'postgres://u:planted@a,/d',
    'postgres://u:planted@a,b/d?port=1,2,3',
    'postgres://u:pla/nted@a/d',
    'postgres://u:p@a:planted/d',
    'postgres://u:p@a:65536/d',
    'postgres://u:p@a:0/d',
    'postgres://u:p@::1/d',
    'postgres://u:p@planted%20a/d',
    `postgres://u:p@/d?host=/planted${'x'.repeat(100)}`,
    'postgres://u:p@h/d?host=',
    'postgres://u:p@h/d?connect_timeout=0',
    'postgres://u:p@h/d?connect_timeout=planted',
    'postgres://u:p@h/d?target_session_attrs=planted',
    'postgres://u:p@h/d?target_session_attrs=standby',
    'postgres://u:p@h/d?target_session_attrs=read-only',
    'postgres://u:p@h/d?target_session_attrs=prefer-standby',
    'postgres://u:p@127.0.0.1/d?sslmode=require&sslrootcert=/planted.pem',
    'postgres://u:p@h/d?sslmode=require&sslrootcert=system&password=planted',
    'postgres://u:p@h/d?sslmode=require&sslcert=/planted.pem',
    'postgres://u:p@h/d?sslmode=require&sslkey=/planted.pem',
    'postgres://u:p@h/d?sslcert=/planted.pem&sslkey=/planted.pem',
    'postgres://u:p@h/d?schema=',
    'postgres://u:p@h/d?schema=pg_planted',
    'postgres://u:p@h/d?schema=1planted',
    'postgres://u:p@h/d?schema=planted%22x',
    `postgres://u:p@h/d?schema=${'planted_'.repeat(8)}`,
    'postgres://u:p@127.0.0.1/d?planted=1',
    'postgres://u:p@127.0.0.1/d?sslmode=require&sslmode=disable',
    'postgres://u:p@127.0.0.1/d?sslrootcert=/planted.pem',
    'postgres://u:p@127.0.0.1/d#planted',
  ]
  for (const url of wrong)
    it(`refuses ${url.slice(0, 60)} by a line that has nothing of it`, () => {
      expect(() => loadConfig({ DATABASE_URL: url }))
        .to.throw(ConfigError, /^DATABASE_URL\b.*$/)
        .with.property('message')
        .that.does.not.include('planted')
    })

  it('of a source to read may lead to a standby', () => {
    const url = 'postgres://me:p@a,b/d?target_session_attrs=prefer-standby'
    expect(parseDatabaseUrl(url)).to.deep.include({ session: 'prefer-standby' })
  })

  it('is taken as docs/production.md writes it', () => {
    const places = blockOf('docs/production.md', 'postgres://')
      .trim()
      .split('\n')
      .map((url) => loadConfig({ DATABASE_URL: url }).database)
      .map((database) => database.dialect === 'postgres' && placesText(database))
    expect(places).to.deep.equal(['a.example:5432, b.example:5432', '/run/postgresql:5432', 'db.example:5432'])
  })

  it('is shown by its places alone', () => {
    const { database } = loadConfig({ DATABASE_URL: 'postgres://me:planted@[::1]:6000,b/d?host=::1,/run/a,c&port=1' })
    expect(database.dialect === 'postgres' && placesText(database)).to.equal('[::1]:1, /run/a:1, c:1')
  })
})

describe('a parameter of DATABASE_URL that is of libpq or another library', () => {
  for (const parameter of ['ssl=true', 'sslcrl=a.pem', 'hostaddr=::1', 'options=-c%20a%3Db', 'ssl'])
    it(`stops the start and is named: ${parameter}`, () => {
      const name = parameter.split('=')[0]!
      expect(() => loadConfig({ DATABASE_URL: `postgres://me:p@h/d?sslmode=require&${parameter}` })).to.throw(
        ConfigError,
        new RegExp(`^DATABASE_URL: the parameter ${name} is not taken; known are host, port`),
      )
    })
})

/** @param texts each a host, a colon and a port */
function at(...texts: string[]) {
  return { places: texts.map((text) => ({ host: text.replace(/:\d+$/, ''), port: Number(/\d+$/.exec(text)![0]) })) }
}
