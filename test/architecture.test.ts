import { readdirSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { expect } from 'chai'

/** From the ground up: a file imports from its own folder and from lines above it in this list, types included. */
const FLOORS = [
  'platform',
  'api',
  'audit',
  'audit controllers',
  'identity/scopes',
  'identity/groups',
  'identity/users',
  'identity/sign-in',
  'identity/tokens',
  'identity/sessions',
  'identity/access',
  'identity controllers',
  'resources',
  'resources controllers',
  'imports',
  'metrics',
  'metrics controllers',
  'admin',
  'docs',
  'http',
  'process',
  'commands',
  // The entries.
  '.',
  // Build programs, which nobody imports.
  'document',
]

/** Where alone a library may be imported; what is not here may be imported anywhere. */
const LIBRARIES: Record<string, RegExp> = {
  express: /^(http|docs|admin)\//,
  sequelize: /^(?!.*\.controller\.ts$)(?!docs|admin)/,
  '@tsoa/runtime': /^(.*\.controller|http\/(problems|validation))\.ts$/,
  commander: /^(commands\/.*|cli)\.ts$/,
  pg: /^(platform\/database\/.*|imports\/postgres-source)\.ts$/,
  sqlite3: /^(platform\/database\/.*|commands\/backup|imports\/sqlite-source)\.ts$/,
  pino: /^platform\/log\.ts$/,
  'prom-client': /^metrics\//,
  bcrypt: /^identity\/users\/(password|foreign-crypt)\.ts$/,
}

/** Browser code and the SDK's own source are programs of their own, each with a tsconfig; a `-text` file prints programs. */
const APART = /^(admin\/site|docs\/site|document\/sdk\/typescript)\/|^document\/resource\/[\w-]+-text\.ts$/

const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter(
  (file) => file.endsWith('.ts') && !APART.test(file),
)

describe('src', () => {
  it('has few names on its first level, and a place for each', () => {
    const folders = readdirSync('src', { withFileTypes: true }).filter((entry) => entry.isDirectory())
    expect(readdirSync('src')).to.have.lengthOf.at.most(15)
    for (const { name } of folders) expect(FLOORS.map((floor) => floor.split(/[ /]/)[0])).to.include(name)
  })

  for (const file of files)
    it(`${file} imports only what stands below it`, () => {
      expect(
        importsOf(file).filter((target) => target !== '../build/routes.ts' && !mayImport(file, target)),
      ).to.deep.equal([])
    })

  it('has no circle of imports', () => {
    expect(files.map((file) => circleFrom(file)).find(Boolean)).to.equal(undefined)
  })

  it('imports each library where it belongs', () => {
    const strays = files.flatMap((file) =>
      librariesOf(file)
        .filter((library) => !file.startsWith('document/') && LIBRARIES[library]?.test(file) === false)
        .map((library) => `${file}: ${library}`),
    )
    expect(strays).to.deep.equal([])
  })

  it('reads the environment in config.ts alone', () => {
    expect(files.filter((file) => read(file).includes('process.env'))).to.deep.equal(['platform/config.ts'])
  })

  it('writes no SQL from a template outside the migrations', () => {
    const risky = files.filter((file) => /\b(literal\(|\.query\w*(<[^>]*>)?\(`[^`]*\$\{)/.test(read(file)))
    // Its templates make placeholders.
    expect(risky).to.deep.equal(['platform/database/prepared-reads.ts'])
  })
})

function mayImport(file: string, target: string): boolean {
  if (target.endsWith('.controller.ts')) return false
  return folderOf(file) === folderOf(target) || floorOf(target) < floorOf(file)
}

/** The part of the path that the list names, with one level more where it holds several of a kind. */
function folderOf(file: string): string {
  const [first, second] = file.split('/')
  if (!file.includes('/')) return '.'
  return ['identity', 'resources'].includes(first!) ? `${first}/${second}` : first!
}

/** @throws for a file that has no place in the list */
function floorOf(file: string): number {
  const [first] = file.split('/')
  const folder = FLOORS.includes(folderOf(file)) ? folderOf(file) : first!
  const floor = FLOORS.indexOf(file.endsWith('.controller.ts') ? `${first} controllers` : folder)
  if (floor < 0) throw new Error(`${file} has no place`)
  return floor
}

const done = new Set<string>()

/** @returns the files of a circle that can be reached from here */
function circleFrom(file: string, path: string[] = []): string[] | undefined {
  if (path.includes(file)) return [...path.slice(path.indexOf(file)), file]
  if (done.has(file)) return undefined
  for (const target of importsOf(file)) {
    const circle = target.startsWith('../') ? undefined : circleFrom(target, [...path, file])
    if (circle) return circle
  }
  done.add(file)
  return undefined
}

function read(file: string) {
  return readFileSync(`src/${file}`, 'utf8')
}

function specifiersOf(file: string): string[] {
  return [...read(file).matchAll(/(?:from|import)\s*\(?'([^']+)'/g)].map(([, specifier]) => specifier!)
}

function importsOf(file: string): string[] {
  return specifiersOf(file)
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) => posix.join(posix.dirname(file), specifier).replace(/\.js$/, '.ts'))
    .filter((target) => !APART.test(target))
}

function librariesOf(file: string): string[] {
  return specifiersOf(file).filter((specifier) => !specifier.startsWith('.'))
}
