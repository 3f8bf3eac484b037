import { sequelize } from '../src/platform/database/connection.js'

/** Every statement that the database is given while the work is done, the background's own look at the epoch left out. */
export async function statementsDuring(work: () => Promise<void>): Promise<string[]> {
  const statements: string[] = []
  // Not in Sequelize's types.
  const { options } = sequelize as unknown as { options: { logging: false | ((line: string) => void) } }
  options.logging = (line) => statements.push(line.replace(/^Executing \([^)]*\): /, ''))
  try {
    await work()
  } finally {
    options.logging = false
  }
  return statements.filter((statement) => !/FROM .epoch./.test(statement))
}
