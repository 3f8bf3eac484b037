import type { Locator, Page } from 'playwright-core'

/** An operation on the page of Swagger UI. */
export function operation(page: Page, tag: string, operationId: string): Locator {
  return page.locator(`#operations-${tag}-${operationId}`)
}

export async function openOperation(operation: Locator): Promise<void> {
  if (!(await operation.getByRole('button', { name: 'Execute' }).isVisible()))
    await operation.locator('.opblock-summary-control').click()
  await operation.getByRole('button', { name: 'Execute' }).waitFor()
}

/** @returns the status of the response that the page shows */
export async function executed(operation: Locator): Promise<string> {
  await openOperation(operation)
  const clear = operation.getByRole('button', { name: 'Clear' })
  if (await clear.isVisible()) await clear.click()
  await operation.getByRole('button', { name: 'Execute' }).click()
  return (await operation.locator('.live-responses-table .response-col_status').last().textContent())!
    .trim()
    .slice(0, 3)
}
