import { expect } from 'chai'
import { anonymous, raw, url } from './support.js'

/** The hash is that of an empty style element. */
const STRICT =
  /^default-src 'none'; script-src 'self'; style-src 'self'( 'sha256-47DEQpj8HBSa\+\/TImW\+5JCeuQeRkm5NMpJWZG3hSuFU=')?;/

describe('pages', () => {
  for (const path of ['/docs/', '/admin/', '/account/'])
    it(`${path} is served under a strict policy, and ${path.slice(0, -1)} leads there`, async () => {
      const { status, headers, text } = await anonymous().get(path)
      expect(status).to.equal(200)
      expect(headers['content-type']).to.match(/^text\/html/)
      expect(headers['content-security-policy']).to.match(STRICT).and.not.contain('unsafe')
      expect(text).not.to.match(/<script>|<style>| style=| on\w+=|https?:/)
      const { status: moved, headers: where } = await anonymous().get(path.slice(0, -1)).redirects(0)
      expect([moved, where.location]).to.deep.equal([302, path])
    })

  it('have every file that they name', async () => {
    for (const path of ['/docs/', '/admin/'])
      for (const file of await filesOf(path)) expect((await anonymous().get(file)).status, file).to.equal(200)
  })

  for (const [path, control] of [
    ['/admin/', 'no-store'],
    ['/docs/', 'no-store'],
    ['/docs/problems/', 'no-cache'],
  ] as const)
    it(`${path} is asked for each time, and its files are kept for ever`, async () => {
      expect((await anonymous().get(path)).headers['cache-control']).to.equal(control)
      for (const file of (await filesOf(path)).filter((name) => name.includes('/assets/'))) {
        const { headers } = await anonymous().get(file)
        expect(file).to.match(/-[\w-]{8}\.\w+$/)
        expect(headers['cache-control']).to.equal('public, max-age=31536000, immutable')
      }
    })

  // As they stand: a client of manners would take the dots away before it sends them.
  for (const [accepted, encoding] of [
    ['gzip, deflate, br, zstd', 'br'],
    ['gzip', 'gzip'],
    ['br;q=0, gzip', 'gzip'],
    ['deflate', undefined],
  ] as const)
    it(`that are compressed once are ${encoding ?? 'as they are'} for Accept-Encoding: ${accepted}`, async () => {
      const [admin, docs] = await Promise.all(['/admin/', '/docs/'].map(scriptOf))
      for (const [path, type] of [
        [admin!, 'text/javascript; charset=utf-8'],
        [docs!, 'text/javascript; charset=utf-8'],
      ] as const) {
        const plain = await raw('GET', path)
        const { status, headers, text } = await raw('GET', path, { headers: { 'accept-encoding': accepted } })
        expect(status).to.equal(200)
        expect(headers['content-encoding']).to.equal(encoding)
        expect(headers['content-type']).to.equal(type)
        expect(headers.vary).to.equal('Accept-Encoding')
        if (encoding) expect(Number(headers['content-length'])).to.be.below(plain.text.length / 2)
        else expect(text).to.equal(plain.text)
        const again = await raw('GET', path, {
          headers: { 'accept-encoding': accepted, 'if-none-match': headers.etag! },
        })
        expect(again.status).to.equal(304)
      }
    })

  it('give a problem as it is where the condition of a request does not hold', async () => {
    const { status, headers, text } = await raw('GET', await scriptOf('/admin/'), {
      headers: { 'accept-encoding': 'br', 'if-match': '"other"' },
    })
    expect(status).to.equal(412)
    expect(headers).not.to.include.any.keys('content-encoding', 'etag', 'last-modified')
    expect(headers['cache-control']).to.equal('private, no-cache')
    expect(JSON.parse(text).title).to.equal('Changed in the meantime')
  })

  for (const path of [
    '/admin/x',
    '/admin/assets/x.js',
    '/docs/assets/x.js',
    '/docs/assets/',
    '/docs/index.html',
    '/admin/../package.json',
    '/admin/..%2fpackage.json',
  ])
    it(`are nothing else: ${path} is 404`, async () => {
      expect((await raw('GET', path)).status).to.equal(404)
    })
})

async function filesOf(path: string): Promise<string[]> {
  const { text } = await anonymous().get(path)
  const files = [...text.matchAll(/(?:src|href)="([\w./-]+)"/g)].map(([, file]) => file!)
  expect(files.some((file) => file.includes('/assets/'))).to.equal(true)
  return files.map((file) => new URL(file, url + path).pathname)
}

async function scriptOf(path: string): Promise<string> {
  return (await filesOf(path)).find((file) => file.endsWith('.js'))!
}
