import { expect } from 'chai'
import { anonymous } from './support.js'

const STRICT = /^default-src 'none'; script-src 'self'; style-src 'self';/

describe('pages', () => {
  for (const path of ['/docs/', '/admin/'])
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
    for (const path of ['/docs/', '/admin/']) {
      const { text } = await anonymous().get(path)
      const files = [...text.matchAll(/(?:src|href)="([\w.-]+)"/g)].map(([, file]) => file)
      expect(files, path).to.include('page.js')
      for (const file of files) expect((await anonymous().get(path + file)).status, file).to.equal(200)
    }
  })
})
