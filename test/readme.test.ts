import { execFile, execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { newValue } from '../src/identity/tokens/value.js'
import { User } from '../src/identity/users/user.js'
import { VARIABLES } from '../src/platform/config.js'
import { TESTER, url } from './support.js'

const readme = ['README.md', 'docs/tokens.md', 'docs/production.md']
  .map((page) => readFileSync(page, 'utf8'))
  .join('\n')

describe('the README', () => {
  it('has seven steps that run word for word and answer what it says', async () => {
    await User.add({ username: 'Srinivas', password: { text: 'admin123', rules: 'waived' }, isSuperuser: true }, TESTER)
    const [, script] = /the seven steps:\n\n```sh\n(.*?)```/s.exec(readme)!
    const steps = script!
      .split(/\n\n/)
      .map((step) => step.replaceAll('http://localhost:8000', url).replaceAll('$(curl -s', '$(command curl -s'))
    // The shell function adds the status to what each step prints; it waits for curl, so the server must not wait for it.
    const shell = `curl() { command curl -s -w ' %{http_code}\\n' "$@"; }\n${steps.join('\n')}`
    const output = await runAside(shell)
    const promised = [...script!.matchAll(/^# \d\. .*: (\d{3})(?: (\S+))?/gm)]
    const lines = output.trim().split('\n')
    expect(lines).to.have.lengthOf(7)
    for (const [index, [, status, body]] of promised.entries()) {
      const wanted = body?.startsWith('{"token"')
        ? /^\{"token":"lk_[0-9A-Za-z]{49}"\}$/
        : body?.replace('http://localhost:8000', url)
      const [, got, code] = /^(.*) (\d{3})$/.exec(lines[index]!)!
      expect(code, lines[index]).to.equal(status)
      if (wanted instanceof RegExp) expect(got).to.match(wanted)
      else if (body && !body.startsWith('and')) expect(got).to.equal(wanted)
    }
  })

  it('tells every setting as the code does', () => {
    const rows = [...readme.matchAll(/^\| `([A-Z_]+)` \| (.+) \|$/gm)].map(([, name, meaning]) => [name, meaning])
    expect(rows).to.deep.equal(Object.entries(VARIABLES))
  })

  it('gives scanners a pattern that finds our tokens', () => {
    const [, pattern] = /find it by `([^`]+)`/.exec(readme)!
    expect(`key = "${newValue('lk')}"`).to.match(new RegExp(pattern!))
  })

  it('names a command that is there', () => {
    const output = execFileSync(process.execPath, ['build/src/cli.js', '--help'], { encoding: 'utf8' })
    for (const [, command] of readme.matchAll(/^npx latchkey (\w+)/gm)) expect(output).to.contain(`  ${command}`)
  })
})

function runAside(script: string): Promise<string> {
  return new Promise((resolve, reject) =>
    execFile('bash', ['-c', script], (error, stdout) => (error ? reject(error) : resolve(stdout))),
  )
}
