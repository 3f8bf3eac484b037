import { readdirSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { expect } from 'chai'

const LIBRARIES = 'node:.+|sequelize|@zxcvbn-ts/language-common|bcrypt|rate-limiter-flexible'
const SHARED = 'statement|idempotency|limiter|database|errors|config|epoch|page|wire'
const FEATURES = '(?!(?:http|docs|admin|sdk|commands|migrations)/)[\\w-]+/[\\w-]+'

/** What each kind of file in src may import. The first row that fits a file decides. */
const RULES: [file: RegExp, may: RegExp][] = [
  [/^(server|cli)$/, /./],
  [/^commands\//, /^(?!.*\.controller$)/],
  [/^(config|wire)$/, /^(node:.+|proxy-addr)$/],
  [/^sqlite$/, /^sqlite3$/],
  [/^database$/, /^(node:.+|sequelize|sqlite3|config|sqlite)$/],
  [/^errors$/, /^(express|sequelize|@tsoa\/runtime|wire)$/],
  [/^epoch$/, /^(sequelize|database)$/],
  [/^cookie$/, /^config$/],
  [/^idempotency$/, /^(sequelize|database|errors|keys\/key)$/],
  [/^limiter$/, /^(node:.+|rate-limiter-flexible|config|database)$/],
  [/^statement$/, /^(sequelize|database|sqlite)$/],
  [/^headers$/, /^(node:.+|errors|page)$/],
  [/^page$/, /^(sequelize|errors|keys\/key|statement|wire)$/],
  [/^authentication$/, /^(express|errors|config|cookie|headers|tokens\/.+|events\/.+)$/],
  [/^app$/, /^(express|helmet|errors|config|headers|http\/.+|docs\/.+|admin\/.+|\.\.\/build\/routes)$/],
  [/^migrations\//, /^(node:.+|sequelize|umzug|database|migrations\/.+)$/],
  [/^docs\/postman/, /^(node:.+|openapi-to-postmanv2|docs\/postman.*)$/],
  [/^docs\//, /^(node:.+|express|swagger-ui-express|config|errors|docs\/.+)$/],
  [/^admin\//, /^(node:.+|express|compression|config)$/],
  [/^sdk\/typescript\//, /^sdk\/typescript\//],
  [/^sdk\//, /^(node:.+|@hey-api\/openapi-ts|sdk\/typescript)$/],
  [
    /^http\//,
    new RegExp(
      `^(node:.+|express|pino|negotiator|jsonc-parser|errors|config|cookie|headers|wire|database|http/.+|${FEATURES})$`,
    ),
  ],
  [/^metrics\/metrics\.controller$/, /^(node:stream|@tsoa\/runtime|metrics\/.+)$/],
  // It looks at the others; none of them knows of it.
  [
    /^metrics\//,
    /^(node:.+|prom-client|config|database|errors|epoch|metrics\/.+|tokens\/principal|users\/(hash-gate|sign-in))$/,
  ],
  [
    /^[\w-]+\/[\w-]+\.controller$/,
    new RegExp(`^(@tsoa/runtime|errors|wire|headers|cookie|idempotency|page|${FEATURES})$`),
  ],
  [/^[\w-]+\/[\w-]+$/, new RegExp(`^(${LIBRARIES}|${SHARED}|${FEATURES})$`)],
]

const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter(
  (file) => /\.ts$/.test(file) && !file.startsWith('admin/site/'),
)

describe('src', () => {
  for (const file of files) {
    const name = file.replace(/\.ts$/, '')
    const [, may] = RULES.find(([kind]) => kind.test(name)) ?? []

    it(`${file} imports only what its kind may`, () => {
      expect(may, 'no rule for this file').to.be.instanceOf(RegExp)
      expect(importsOf(file).filter((imported) => !may!.test(imported))).to.deep.equal([])
    })
  }

  it('reads the environment in config.ts alone', () => {
    expect(files.filter((file) => read(file).includes('process.env'))).to.deep.equal(['config.ts'])
  })

  it('writes no SQL from a template outside the migrations', () => {
    const risky = files.filter((file) => /\b(literal\(|\.query\w*(<[^>]*>)?\(`[^`]*\$\{)/.test(read(file)))
    // Its templates make placeholders.
    expect(risky).to.deep.equal(['statement.ts'])
  })

  it('imports no entry', () => {
    const importing = files.filter((file) => importsOf(file).some((imported) => /^(server|cli)$/.test(imported)))
    expect(importing).to.deep.equal([])
  })
})

function read(file: string) {
  return readFileSync(`src/${file}`, 'utf8')
}

function importsOf(file: string): string[] {
  return [...read(file).matchAll(/(?:from|import)\s*\(?'([^']+)'/g)].map(([, target]) =>
    target!.startsWith('.') ? posix.join(posix.dirname(file), target!).replace(/\.js$/, '') : target!,
  )
}
