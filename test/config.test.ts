import { createHash } from 'node:crypto'
import { resolve } from 'node:path'
import { expect } from 'chai'
import { ConfigError, durationOf, loadConfig } from '../src/platform/config.js'
import { unknownVariables } from '../src/platform/unknown-variables.js'
import { VARIABLES } from '../src/platform/variables.js'

const KEYS = ['one', 'two'].map((text) => createHash('sha256').update(text).digest())
const DAY = 86_400_000

describe('the settings', () => {
  it('have a default each', () => {
    const { database, ...others } = loadConfig({})
    expect(database).to.deep.equal({ dialect: 'sqlite', file: resolve('data/latchkey.sqlite3'), isDefault: true })
    expect(others).to.deep.equal({
      port: 8000,
      host: '127.0.0.1',
      databaseMustExist: false,
      databasePool: 10,
      publicUrl: undefined,
      allowedHosts: [],
      corsOrigins: [],
      secretKeys: [],
      trustProxy: [],
      isBehindProxy: false,
      logLevel: 'info',
      docs: true,
      superuser: undefined,
      tokenMaxAge: undefined,
      eventsMaxAge: undefined,
      endedMaxAge: 90 * DAY,
      passwordCost: 12,
      rememberedTokens: 10_000,
      importUrl: undefined,
      tracesEndpoint: undefined,
      workers: 1,
      threads: 4,
    })
  })

  it('are the same where a variable is empty', () => {
    const names = ['PORT', 'HOST', 'DATABASE_URL', 'LATCHKEY_TRUST_PROXY', 'LATCHKEY_DOCS', 'LATCHKEY_TOKEN_MAX_AGE']
    expect(loadConfig(Object.fromEntries(names.map((name) => [name, ''])))).to.deep.equal(loadConfig({}))
  })

  const right: [env: Record<string, string>, expected: object][] = [
    [{ PORT: '0' }, { port: 0 }],
    [
      { PORT: '65535', HOST: '::' },
      { port: 65535, host: '::' },
    ],
    ...['https://tokens.example.com', 'https://Tokens.example.com/', 'HTTPS://tokens.example.com:443'].map(
      (text): [Record<string, string>, object] => [
        { LATCHKEY_PUBLIC_URL: text },
        { publicUrl: new URL('https://tokens.example.com') },
      ],
    ),
    ...['/a', '/a/', '/a/b-1/~c_d.e/', '/a.b'].map((path): [Record<string, string>, object] => [
      { LATCHKEY_PUBLIC_URL: `http://[::1]:8000${path}` },
      { publicUrl: new URL(`http://[::1]:8000${path.replace(/\/$/, '')}/`) },
    ]),
    ...Object.entries({ '[::1]': '::1', '::1': '::1', '[::]': '::', '0.0.0.0': '0.0.0.0', localhost: 'localhost' }).map(
      ([HOST, host]): [Record<string, string>, object] => [{ HOST }, { host }],
    ),
    [{ LATCHKEY_ALLOWED_HOSTS: 'A.example, [::1],' }, { allowedHosts: ['a.example', '[::1]'] }],
    [{ LATCHKEY_ALLOWED_HOSTS: 'FD00::7, 10.0.0.7' }, { allowedHosts: ['[fd00::7]', '10.0.0.7'] }],
    [
      { LATCHKEY_CORS_ORIGINS: 'https://app.example.com, HTTP://Localhost:3000,http://[::1]:80,https://a.example:443' },
      { corsOrigins: ['https://app.example.com', 'http://localhost:3000', 'http://[::1]', 'https://a.example'] },
    ],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318/otlp' }, { tracesEndpoint: 'http://collector:4318/otlp' }],
    [{ LATCHKEY_SECRET_KEY: KEYS.map((key) => key.toString('base64')).join(', ') }, { secretKeys: KEYS }],
    [{ LATCHKEY_SECRET_KEY: KEYS[0]!.toString('base64url') }, { secretKeys: [KEYS[0]] }],
    [{ LATCHKEY_TRUST_PROXY: '0' }, { trustProxy: 0, isBehindProxy: false }],
    [{ LATCHKEY_TRUST_PROXY: '2' }, { trustProxy: 2, isBehindProxy: true }],
    [{ LATCHKEY_TRUST_PROXY: '10.0.0.0/8, ::1' }, { trustProxy: ['10.0.0.0/8', '::1'], isBehindProxy: true }],
    [
      { LATCHKEY_LOG_LEVEL: 'trace', LATCHKEY_DOCS: 'off' },
      { logLevel: 'trace', docs: false },
    ],
    [
      { LATCHKEY_SUPERUSER_USERNAME: 'a', LATCHKEY_SUPERUSER_PASSWORD: 'b' },
      { superuser: { username: 'a', password: 'b' } },
    ],
    [
      { LATCHKEY_TOKEN_MAX_AGE: '90d', LATCHKEY_EVENTS_MAX_AGE: '12h' },
      { tokenMaxAge: 90 * DAY, eventsMaxAge: DAY / 2 },
    ],
    [{ LATCHKEY_ENDED_MAX_AGE: '30d' }, { endedMaxAge: 30 * DAY }],
    [
      { LATCHKEY_TOKEN_MAX_AGE: 'off', LATCHKEY_EVENTS_MAX_AGE: 'off', LATCHKEY_ENDED_MAX_AGE: 'off' },
      { tokenMaxAge: undefined, eventsMaxAge: undefined, endedMaxAge: undefined },
    ],
    // A process that no primary of ours has started is no worker, however many there are to be.
    [{ WEB_CONCURRENCY: '64' }, { workers: 64 }],
    [{ UV_THREADPOOL_SIZE: '1' }, { threads: 1 }],
    [{ LATCHKEY_DATABASE_POOL: '2' }, { databasePool: 2 }],
    [{ LATCHKEY_DATABASE_MUST_EXIST: 'on' }, { databaseMustExist: true }],
    [{ LATCHKEY_PASSWORD_COST: '10' }, { passwordCost: 10 }],
    [{ LATCHKEY_REMEMBERED_TOKENS: '1000000' }, { rememberedTokens: 1_000_000 }],
  ]
  for (const [env, expected] of right)
    it(`takes ${shown(env)}`, () => {
      expect(loadConfig(env)).to.deep.include(expected)
    })

  const wrong: [name: string, value: string, named?: string][] = [
    ['PORT', 'http'],
    ['PORT', '65536'],
    ['PORT', '-1'],
    ['PORT', '80.5'],
    ['WEB_CONCURRENCY', '0'],
    ['WEB_CONCURRENCY', '65'],
    ['UV_THREADPOOL_SIZE', '0'],
    ['LATCHKEY_DATABASE_POOL', '1'],
    ['LATCHKEY_DATABASE_POOL', '201'],
    ['DATABASE_URL', 'mysql://u:planted@h/d'],
    ['DATABASE_URL', 'sqlite::memory:'],
    ['DATABASE_URL', 'sqlite:a.sqlite3?planted=ro'],
    ['DATABASE_URL', 'sqlite:'],
    ['LATCHKEY_PUBLIC_URL', 'planted.example'],
    ['LATCHKEY_PUBLIC_URL', 'ftp://planted.example'],
    ...[
      'https://example.com/planted?a=b',
      'https://example.com/planted/?',
      'https://example.com/planted#a',
      'https://example.com/planted//',
      'https://example.com//planted',
      'https://example.com/planted/../a',
      'https://example.com/./planted',
      'https://example.com/planted%20a/',
      'https://example.com/%70lanted/',
      'https://example.com/planted a',
      'https://example.com/plänted',
      'https://example.com\\planted',
      'https://example.com/planted;a',
      'https://planted@example.com/a',
      'https://a:planted@example.com/a',
      'https://example.com:planted/a',
      'https:///planted',
      ' https://example.com/planted',
    ].map((value): [string, string] => ['LATCHKEY_PUBLIC_URL', value]),
    ...[
      '[planted]',
      '[127.0.0.1]',
      '[::1',
      '::1]',
      '[]',
      'planted:8000',
      'http://planted',
      'planted example',
      '-planted',
    ].map((value): [string, string] => ['HOST', value]),
    ['LATCHKEY_ALLOWED_HOSTS', '*.planted.example'],
    ['LATCHKEY_ALLOWED_HOSTS', 'planted.example:8000'],
    ...[
      '*',
      'null',
      'planted.example',
      '//planted.example',
      'https://planted.example/',
      'https://planted.example/app',
      'https://planted.example?a',
      'https://planted.example#a',
      'https://*.planted.example',
      'https://user:planted@app.example',
      'https://planted.example:99999',
      'https://planted .example',
      'file:///planted',
      'chrome-extension://planted',
      'https://app.example.com,planted',
    ].map((value): [string, string] => ['LATCHKEY_CORS_ORIGINS', value]),
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'planted:4318'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'grpc://planted:4317'],
    ['LATCHKEY_SECRET_KEY', 'planted'],
    ['LATCHKEY_SECRET_KEY', 'not base64 planted'],
    ['LATCHKEY_SECRET_KEY', Buffer.alloc(32).toString('base64')],
    ['LATCHKEY_SECRET_KEY', Buffer.from('planted-change-me-change-me-change-me').toString('base64')],
    ['LATCHKEY_SECRET_KEY', `${KEYS[0]!.toString('base64')},planted`],
    ['LATCHKEY_TRUST_PROXY', 'true'],
    ['LATCHKEY_TRUST_PROXY', 'planted'],
    ['LATCHKEY_LOG_LEVEL', 'planted'],
    ['LATCHKEY_DOCS', 'planted'],
    ['LATCHKEY_DATABASE_MUST_EXIST', 'planted'],
    ['LATCHKEY_SUPERUSER_USERNAME', 'planted', 'LATCHKEY_SUPERUSER_PASSWORD'],
    ['LATCHKEY_SUPERUSER_PASSWORD', 'planted', 'LATCHKEY_SUPERUSER_USERNAME'],
    ['LATCHKEY_TOKEN_MAX_AGE', 'planted'],
    ['LATCHKEY_TOKEN_MAX_AGE', '90'],
    ['LATCHKEY_EVENTS_MAX_AGE', '0d'],
    ['LATCHKEY_ENDED_MAX_AGE', '0'],
  ]
  for (const [name, value, named = name] of wrong)
    it(`refuse ${name}=${value.slice(0, 30)} by a line that names it, without the value`, () => {
      expect(() => loadConfig({ [name]: value }))
        .to.throw(ConfigError, new RegExp(`^${named}\\b.*$`))
        .with.property('message')
        .that.does.not.include('planted')
    })
})

describe('a variable that looks like a setting', () => {
  const misspelled: Record<string, string> = {
    LATCHKEY_TOKEN_MAXAGE: 'LATCHKEY_TOKEN_MAX_AGE',
    LATCHKEY_TRUSTED_PROXY: 'LATCHKEY_TRUST_PROXY',
    LATCHKEY_SECRET_KEYS: 'LATCHKEY_SECRET_KEY',
    LATCHKEY_DATABASE_URL: 'DATABASE_URL',
    LATCHKEY_PORT: 'PORT',
    latchkey_docs: 'LATCHKEY_DOCS',
  }
  for (const [name, nearest] of Object.entries(misspelled))
    it(`is reported with the nearest one: ${name}`, () => {
      expect(unknownVariables({ [name]: 'x' }, Object.keys(VARIABLES))).to.deep.equal([{ name, nearest }])
    })

  it('is not told when it is one, or is empty, or is what a cluster sets for a service of our name', () => {
    const cluster = {
      LATCHKEY_PORT: 'tcp://10.0.0.1:8000',
      LATCHKEY_SERVICE_HOST: '10.0.0.1',
      LATCHKEY_SERVICE_PORT_HTTP: '8000',
      LATCHKEY_PORT_8000_TCP_ADDR: '10.0.0.1',
    }
    const env = { ...cluster, LATCHKEY_DOCS: 'off', LATCHKEY_TOKEN_MAXAGE: '', PATH: '/bin' }
    expect(unknownVariables(env, Object.keys(VARIABLES))).to.deep.equal([])
  })
})

describe('a duration', () => {
  for (const [text, milliseconds] of Object.entries({
    '90d': 90 * DAY,
    '12h': DAY / 2,
    '30m': 1_800_000,
    '45s': 45_000,
  }))
    it(`${text} is ${milliseconds} ms`, () => {
      expect(durationOf(text)).to.equal(milliseconds)
    })

  for (const text of ['', '7', 'd', '0d', '1.5h', '-1d', '1w', '7 d', '1234567d'])
    it(`is not ${JSON.stringify(text)}`, () => {
      expect(durationOf(text)).to.equal(undefined)
    })
})

function shown(env: Record<string, string>) {
  return Object.entries(env)
    .map(([name, value]) => `${name}=${value.slice(0, 30)}`)
    .join(' ')
}
