import { execFile } from 'node:child_process'
import { chmod } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** An authority of its own in a folder, and what it has signed there: `<name>.pem` and `<name>.key`. */
export class Authority {
  private constructor(private readonly folder: string) {}

  static async in(folder: string): Promise<Authority> {
    await openssl(folder, 'req -x509 -days 2 -subj /CN=authority -out authority.pem -keyout authority.key')
    return new Authority(folder)
  }

  get certificate(): string {
    return join(this.folder, 'authority.pem')
  }

  /**
   * @param subject its common name, which PostgreSQL takes for the user of a client
   * @param days for which it is good; a negative number is one that has ended
   */
  async sign(name: string, subject: string, days = 2): Promise<{ certificate: string; key: string }> {
    await openssl(
      this.folder,
      `req -subj /CN=${subject} -addext subjectAltName=DNS:${subject} -out ${name}.csr -keyout ${name}.key`,
    )
    const signed = `-CA authority.pem -CAkey authority.key -copy_extensions copy -days ${days}`
    await run('openssl', `x509 -req -in ${name}.csr ${signed} -out ${name}.pem`.split(' '), { cwd: this.folder })
    const key = join(this.folder, `${name}.key`)
    await chmod(key, 0o600)
    return { certificate: join(this.folder, `${name}.pem`), key }
  }
}

async function openssl(cwd: string, command: string) {
  await run('openssl', [...command.split(' '), '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-noenc'], {
    cwd,
  })
}
