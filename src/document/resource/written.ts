import { controllerText } from './controller-text.js'
import { formatted, writeAndBuild } from './files.js'
import { historyWith } from './history-text.js'
import { migrationText } from './migration-text.js'
import { modelText } from './model-text.js'
import type { Plan } from './plan.js'
import { HISTORY, MIGRATIONS, migrationOf, RESOURCES, testFileOf } from './project.js'
import { testText } from './test-text.js'

/** The files of a planned resource, as the formatter prints them, by their paths. @throws {Refusal} */
export function filesOf(plan: Plan): Map<string, string> {
  const migration = migrationOf(plan.name)
  const folder = `${RESOURCES}/${plan.name}`
  const texts = {
    [`${MIGRATIONS}/${migration}.ts`]: migrationText(plan),
    [HISTORY]: historyWith(migration),
    [`${folder}/${plan.singular}.ts`]: modelText(plan),
    [`${folder}/${plan.name}.controller.ts`]: controllerText(plan),
    [testFileOf(plan.name)]: testText(plan),
  }
  return new Map(Object.entries(texts).map(([file, text]) => [file, formatted(file, text)]))
}

/**
 * Writes a planned resource into the project and builds it.
 * @returns what to tell
 * @throws {Refusal} when the build fails; then everything is as it was
 */
export async function write(plan: Plan): Promise<string[]> {
  const files = filesOf(plan)
  process.stdout.write('building, which takes a minute\n')
  await writeAndBuild(files)
  const kinds = [...files].map(([file, text]) => `  ${file}  ${text.trimEnd().split('\n').length} lines`)
  return [
    ...kinds,
    '',
    'Built. What to do next:',
    `  node build/test/run.js -g '^${plan.name} '   its own test, on both databases; npm test runs all`,
    '  npm start                          applies the migration, and serves it',
    `  http://localhost:8000/docs/        has its operations; /admin/ has its rows`,
    `  npx latchkey token create <user> --name reader --scope ${plan.name}:read`,
    `Everybody may read and write it from the migration on: the group everyone has its scopes, until you take them out.`,
    'Until a release has the migration it can be changed as it stands; later changes are a migration of their own.',
  ]
}
