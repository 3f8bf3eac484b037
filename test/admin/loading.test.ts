import { makeUser, url } from '../support.js'
import { closeVisitors, Visitor } from './browser.js'

describe('a page of the admin site whose file does not come', function () {
  this.timeout(30_000)
  afterEach(closeVisitors)

  it('is loaded anew where the file was replaced on the server', async () => {
    const visitor = await Visitor.openAs(await makeUser({ isSuperuser: true, isStaff: true }), url)
    visitor.expectStatuses(404)
    const { page } = visitor
    await visitor.goTo('')
    await page.getByText(/^Latchkey \d/).waitFor()
    let isReplaced = true
    await page.route('**/admin/assets/list-*.js', (route) =>
      isReplaced ? route.fulfill({ status: 404 }) : route.continue(),
    )
    await page.route('**/admin/', async (route) => {
      if (!isReplaced) return route.continue()
      await route.fulfill({ contentType: 'text/html', body: '<script src="/admin/assets/newer.js"></script>' })
      isReplaced = false
    })
    await page.getByRole('menuitem', { name: 'Employees' }).click()
    await page.getByText('No employees yet').waitFor()
  })

  it('is loaded anew when it is opened again', async () => {
    const visitor = await Visitor.openAs(await makeUser({ isSuperuser: true, isStaff: true }), url)
    const { page } = visitor
    const goOn = await losing(visitor, 'list-*.js')
    await visitor.goTo('')
    await page.getByRole('menuitem', { name: 'Employees' }).click()
    await page.getByText('This page has failed.').waitFor()
    goOn()
    await page.getByRole('menuitem', { name: 'Home' }).click()
    await page.getByRole('menuitem', { name: 'Employees' }).click()
    await page.getByText('No employees yet').waitFor()
  })

  it('says so instead of all pages, and goes on', async () => {
    const visitor = await Visitor.openAs(await makeUser({ isSuperuser: true, isStaff: true }), url)
    const { page } = visitor
    const goOn = await losing(visitor, 'site-*.js')
    await visitor.goTo('')
    await page.getByRole('heading', { name: 'Not reachable' }).waitFor()
    goOn()
    await page.getByRole('button', { name: 'Try again' }).click()
    await page.getByText(/^Latchkey \d/).waitFor()
  })
})

/** @returns what lets the file come from then on */
async function losing(visitor: Visitor, file: string): Promise<() => void> {
  visitor.expectLosses()
  let isLost = true
  await visitor.page.route(`**/admin/assets/${file}`, (route) => (isLost ? route.abort() : route.continue()))
  return () => {
    isLost = false
  }
}
