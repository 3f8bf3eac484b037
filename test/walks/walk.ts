import { mkdirSync } from 'node:fs'
import { expect } from 'chai'
import type { BrowserContextOptions, Page } from 'playwright-core'
import { closeVisitors, type Visitor } from '../admin/browser.js'

const WIDTHS = [1440, 1024, 390]
const SCHEMES = ['light', 'dark'] as const

/** In which window a walk is made. */
export interface Window {
  width: number
  options: BrowserContextOptions
  /** Writes `build/screenshots/<walk>/<step>-<width>-<scheme>.png`, for people to look at. */
  picture: (page: Page, step: string) => Promise<void>
}

/**
 * One test for each width and each colour scheme; `title` is also the name of the folder of pictures.
 * @param schemes fewer, where the walk is about what colours do not change
 */
export function walk(
  title: string,
  steps: (window: Window) => Promise<void>,
  schemes: readonly ('light' | 'dark')[] = SCHEMES,
): void {
  describe(title, function () {
    this.timeout(120_000)
    afterEach(closeVisitors)
    const folder = `build/screenshots/${title.replaceAll(' ', '-')}`
    for (const width of WIDTHS)
      for (const colorScheme of schemes)
        it(`${width} px wide, ${colorScheme}`, () => {
          mkdirSync(folder, { recursive: true })
          const options = { colorScheme, reducedMotion: 'reduce', viewport: { width, height: 900 } } as const
          const picture = async (page: Page, step: string) => {
            await page.waitForLoadState('networkidle')
            await page.screenshot({ path: `${folder}/${step}-${width}-${colorScheme}.png`, animations: 'disabled' })
          }
          return steps({ width, options, picture })
        })
  })
}

/** Once the page has all that it asked for. */
export async function expectNoFindings(visitor: Visitor, what: string): Promise<void> {
  await visitor.page.waitForLoadState('networkidle')
  expect(await visitor.findings(), what).to.deep.equal([])
}
