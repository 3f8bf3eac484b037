import { statSync } from 'node:fs'
import { expect } from 'chai'
import { closeVisitors, Visitor } from '../admin/browser.js'
import { makeUser, url } from '../support.js'

describe('the first page of both sites', function () {
  this.timeout(60_000)
  afterEach(closeVisitors)

  it('needs 400 kB at most, compressed, and no other language than the reader’s', async () => {
    const asha = await makeUser({ username: 'asha', isStaff: true, isSuperuser: true })
    const visitor = await Visitor.openAs(asha, url)
    const names = new Set<string>()
    visitor.page.on('request', (request) => {
      const [, name] = /\/admin\/assets\/(.+\.js)$/.exec(request.url()) ?? []
      if (name) names.add(name)
    })
    for (const site of ['admin', 'account']) {
      await visitor.page.goto(`${url}/${site}/`)
      await visitor.page.waitForLoadState('networkidle')
    }
    const sizes = [...names].map((name) => statSync(`build/admin/assets/${name}.gz`).size)
    expect(sizes.reduce((sum, size) => sum + size, 0)).to.be.within(100_000, 400_000)
    expect([...names].filter((name) => /^(hindi|pseudo)-/.test(name))).to.deep.equal([])
  })
})
