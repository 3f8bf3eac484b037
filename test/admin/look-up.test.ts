import { expect } from 'chai'
import { makePersonal, makeUser, url } from '../support.js'
import { closeVisitors, Visitor } from './browser.js'

describe('two values in a search box, one after the other', function () {
  this.timeout(30_000)
  afterEach(closeVisitors)

  it('lead to the token of the later one, however late the first response comes', async () => {
    const root = await makeUser({ isSuperuser: true, isStaff: true })
    const [first, later] = [await makePersonal(root, { name: 'first' }), await makePersonal(root, { name: 'later' })]
    const { page } = await Visitor.openAs(root, url)
    let letGo = () => {}
    const held = new Promise<void>((resolve) => (letGo = resolve))
    await page.route('**/api/tokens/lookup', async (route) => {
      if (route.request().postData()!.includes(first.value)) await held
      await route.continue()
    })
    const paste = async (value: string) => {
      await page.getByLabel('Search name, user or last four', { exact: true }).click()
      await page.evaluate(`navigator.clipboard.writeText('${value}')`)
      await page.keyboard.press('ControlOrMeta+v')
    }
    await page.goto(`${url}/admin/#/tokens`)
    await paste(first.value)
    await paste(later.value)
    await page.getByRole('heading', { name: 'Token later' }).waitFor()
    const answered = page.waitForResponse('**/api/tokens/lookup')
    letGo()
    await (await answered).finished()
    await page.waitForLoadState('networkidle')
    expect(page.url()).to.match(new RegExp(`/tokens/${later.token.id}/show`))
  })
})
