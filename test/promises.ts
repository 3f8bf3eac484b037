import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect } from 'chai'

/**
 * Runs lines of curl whose comments say what each one answers.
 * @param url what stands in the place of http://localhost:8000
 * @returns how many there are; every one of them has answered so
 */
export async function keptPromises(script: string, url: string, env?: NodeJS.ProcessEnv): Promise<number> {
  const steps = script
    .split(/\n\n/)
    .map((step) => step.replaceAll('http://localhost:8000', url).replaceAll('$(curl -s', '$(command curl -s'))
  // The shell function adds the status to what each step prints; it waits for curl, so the server must not wait for it.
  const shell = `curl() { command curl -s -w ' %{http_code}\\n' "$@"; }\n${steps.join('\n')}`
  const lines = (await runAside(shell, env)).trim().split('\n')
  const promised = [...script.matchAll(/^# \d\. .*: (\d{3})(?: (\S+))?/gm)]
  expect(lines).to.have.lengthOf(promised.length)
  for (const [index, [, status, body]] of promised.entries()) {
    const wanted = body?.startsWith('{"token"')
      ? /^\{"token":"lk_[0-9A-Za-z]{49}"\}$/
      : body?.replace('http://localhost:8000', url)
    const [, got, code] = /^(.*) (\d{3})$/.exec(lines[index]!)!
    expect(code, lines[index]).to.equal(status)
    if (wanted instanceof RegExp) expect(got).to.match(wanted)
    else if (body && !body.startsWith('and')) expect(got).to.equal(wanted)
  }
  return promised.length
}

export async function runAside(script: string, env: NodeJS.ProcessEnv = process.env): Promise<string> {
  return (await promisify(execFile)('bash', ['-c', script], { env })).stdout
}
