import { DOCUMENT, programOf, run } from './installed.js'

interface Finding {
  code: string
  message: string
  path: string[]
}

/** By the rules of `.spectral.yaml`. @throws with everything that Spectral finds, hints included */
export async function lint(): Promise<void> {
  const options = ['--format', 'json', '--fail-severity', 'hint', '--quiet']
  await run(programOf('spectral'), ['lint', DOCUMENT, ...options]).catch((error: Error) => {
    if (!error.message.startsWith('[')) throw error
    const findings: Finding[] = JSON.parse(error.message)
    const lines = findings.map(({ code, message, path }) => `${code}: ${message} ${path.join('.')}`)
    throw new Error([`${findings.length} findings`, ...lines].join('\n'))
  })
}
