import { readdirSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { expect } from 'chai'

const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter(
  (file) => /\.ts$/.test(file) && !file.startsWith('admin/site/'),
)

describe('src', () => {
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
