import { existsSync, readFileSync } from 'node:fs'
import { expect } from 'chai'
import { type Block, blockOf, blocksIn, readPages } from './blocks.js'
import { command } from './command.js'
import { freshDatabase } from './databases.js'
import { FIRST, ServerProcess } from './process.js'

/** Each block of the README and of docs/, by its beginning, or all of a page by their language, and what runs it. */
const RUN_BY: [page: string, block: string, file: string][] = [
  ['README.md', 'npm ci && npm start', 'readme/run.ts'],
  ['README.md', 'LATCHKEY_SUPERUSER_USERNAME=', 'readme/run.ts'],
  ['README.md', '# 1. Trade', 'readme.test.ts'],
  ['docs/backup.md', 'cp /backups/', 'readme.test.ts'],
  ['docs/backup.md', '(umask 077; pg_dump', 'surroundings/docs.surroundings.ts'],
  ['docs/clients.md', 'npx newman', 'readme.test.ts'],
  ['docs/clients.md', '```ts', 'sdk/typescript.test.ts'],
  ['docs/clients.md', 'LATCHKEY_CORS_ORIGINS=', 'snippets.test.ts'],
  ['docs/clients.md', '```python', 'sdk/run.ts'],
  ['docs/clients.md', '```java', 'sdk/run.ts'],
  ['docs/clients.md', '```go', 'sdk/run.ts'],
  ['docs/clients.md', '```php', 'sdk/run.ts'],
  ['docs/clients.md', '```ruby', 'sdk/run.ts'],
  ['docs/clients.md', '```csharp', 'sdk/run.ts'],
  ['docs/clients.md', '```typescript', 'sdk/run.ts'],
  ['docs/csv.md', 'npx latchkey export users', 'readme.test.ts'],
  ['docs/doctor.md', '$ npx latchkey doctor', 'snippets.test.ts'],
  ['docs/from-django.md', 'python manage.py dumpdata', 'surroundings/docs.surroundings.ts'],
  ['docs/from-django.md', 'npx latchkey import django', 'surroundings/docs.surroundings.ts'],
  ['docs/housekeeping.md', 'npx latchkey prune', 'readme.test.ts'],
  ['docs/metrics.md', 'npx latchkey token create', 'surroundings/docs.surroundings.ts'],
  ['docs/metrics.md', 'scrape_configs:', 'surroundings/docs.surroundings.ts'],
  ['docs/metrics.md', 'grep ', 'request-log.test.ts'],
  ['docs/metrics.md', 'npm install @opentelemetry', 'package/run.ts'],
  ['docs/other-services.md', 'npm ci', 'proxies/docs.proxies.ts'],
  ['docs/other-services.md', 'python3 -m http.server', 'proxies/docs.proxies.ts'],
  ['docs/other-services.md', 'npx latchkey scope add', 'proxies/docs.proxies.ts'],
  ['docs/other-services.md', 'curl -s -o', 'proxies/docs.proxies.ts'],
  ['docs/package.md', 'npm pack', 'package/run.ts'],
  ['docs/production.md', 'postgres://', 'database-url.test.ts'],
  ['docs/production.md', 'GRANT USAGE', 'surroundings/schemas.surroundings.ts'],
  ['docs/production.md', '[Service]', 'deploy/said.ts'],
  ['docs/production.md', 'npx latchkey createsuperuser', 'readme.test.ts'],
  ['docs/production.md', 'LATCHKEY_PUBLIC_URL=', 'snippets.test.ts'],
  ['docs/production.md', 'cd deploy', 'deploy/run.ts'],
  ['docs/production.md', 'docker compose up', 'deploy/run.ts'],
  ['docs/production.md', 'docker compose build', 'deploy/run.ts'],
  ['docs/production/failover.md', 'npx latchkey doctor', 'readme.test.ts'],
  ['docs/production/poolers.md', '[databases]', 'surroundings/docs.surroundings.ts'],
  ['docs/production/upgrade.md', 'npx latchkey events export', 'readme.test.ts'],
  ['docs/tokens.md', '# 1. Everything', 'readme.test.ts'],
  ['docs/tokens.md', '# 1. The first time', 'readme.test.ts'],
  ['docs/typescript-client.md', 'npm run sdk', 'sdk/typescript.test.ts'],
  ['docs/typescript-client.md', '```ts', 'sdk/typescript.test.ts'],
  ['docs/your-own-resource.md', 'npm ci', 'resource/run.ts'],
  ['docs/your-own-resource.md', 'LATCHKEY_SUPERUSER_USERNAME=', 'resource/run.ts'],
  ['docs/your-own-resource.md', 'TOKEN=', 'resource/run.ts'],
  ['docs/your-own-resource.md', 'budget:', 'resource/later.ts'],
  ['docs/your-own-resource.md', '{\n  sequelize', 'resource/later.ts'],
  ['docs/your-own-resource.md', 'import type { Context }', 'resource/later.ts'],
]

describe('the blocks of the README and docs/', function () {
  this.timeout(60_000)

  it('are each run by one test', () => {
    const blocks = Object.entries(readPages()).flatMap(([page, text]) => blocksIn(page, text))
    for (const block of blocks)
      expect(
        RUN_BY.filter((row) => isOf(block, row)).map(([, , file]) => file),
        `who runs this of ${block.page}? Have a test run it, and name both in RUN_BY:\n${block.text}`,
      ).to.have.lengthOf(1)
    for (const row of RUN_BY) {
      const named = blocks.filter((block) => isOf(block, row))
      expect(named, row.join(', ')).to.have.lengthOf(row[1].startsWith('```') ? Math.max(1, named.length) : 1)
    }
  })

  it('are named by page in the test that runs them', () => {
    for (const [page, , file] of RUN_BY) {
      const path = `test/${file}`
      expect(existsSync(path), path).to.equal(true)
      expect(readFileSync(path, 'utf8'), path).to.contain(page)
    }
  })

  it('have the lines of latchkey doctor, in its order', async () => {
    const namesIn = (text: string) => [...text.matchAll(/^(?:ok|warn|FAIL|skip) +([a-z ]+):/gm)].map(([, name]) => name)
    const names = namesIn((await command('doctor')).stdout)
    expect(names).not.to.deep.equal([])
    expect(namesIn(blockOf('docs/doctor.md', '$ npx latchkey doctor'))).to.deep.equal(names)
  })

  it('have settings of a start that let the pages of each origin in', async () => {
    const setting = settingIn(blockOf('docs/clients.md', 'LATCHKEY_CORS_ORIGINS='))
    const origins = Object.values(setting)[0]!.split(',')
    expect(origins).to.have.lengthOf(2)
    await serving(setting, async ({ url }) => {
      for (const origin of origins) {
        const { headers } = await fetch(`${url}/api/`, { headers: { Origin: origin } })
        expect(headers.get('access-control-allow-origin')).to.equal(origin)
      }
    })
  })

  it('have a public URL under a path, with which links begin', async () => {
    const setting = settingIn(blockOf('docs/production.md', 'LATCHKEY_PUBLIC_URL='))
    await serving({ ...setting, ...FIRST }, async (server) => {
      const token = await server.signIn()
      const links = Object.values((await (await server.fetch('/api/', { token })).json()) as Record<string, string>)
      expect(links).not.to.deep.equal([])
      for (const link of links) expect(link).to.match(new RegExp(`^${Object.values(setting)[0]}api/`))
    })
  })
})

function isOf({ page, language, text }: Block, [of, block]: (typeof RUN_BY)[number]) {
  return page === of && (block.startsWith('```') ? block === `\`\`\`${language}` : text.startsWith(block))
}

/** The variable that stands before a command, or alone. */
function settingIn(block: string): Record<string, string> {
  const [, name, value] = /^(LATCHKEY_\w+)=(\S+)/.exec(block)!
  return { [name!]: value! }
}

async function serving(settings: Record<string, string>, work: (server: ServerProcess) => Promise<void>) {
  const database = await freshDatabase()
  const server = await ServerProcess.start({ ...database.env, ...settings })
  try {
    await work(server)
  } finally {
    await server.stop()
    await database.remove()
  }
}
