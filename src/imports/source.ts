import { createReadStream } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { TextDecoder } from 'node:util'
import { type DjangoOptions, type Project, SourceError } from './django.js'
import { readDump } from './dump.js'
import { withPostgres } from './postgres-source.js'
import { withSqliteFile } from './sqlite-source.js'
import { readTables } from './tables.js'

/** How many bytes of a source are read to find out what it is. */
const FIRST = 4096

/**
 * Reads a Django project from any source: a SQLite file, a PostgreSQL URL, a dump of `dumpdata`, or `-` for a dump on standard
 * input.
 * @throws {SourceError} for anything else, and if it cannot be read. The message never contains a URL
 */
export async function readProject(
  source: string,
  options: DjangoOptions,
  input: AsyncIterable<Uint8Array | string>,
): Promise<Project> {
  if (source === '-') return fromStream(bytesOf(input), options)
  if (/^postgres(ql)?:\/\//.test(source)) return withPostgres(source, (tables) => readTables(tables, options))
  if (/^[a-z][a-z0-9+]+:\/\//i.test(source))
    throw new SourceError(
      'only PostgreSQL is read by its URL; from another database: manage.py dumpdata | latchkey import django -',
    )
  const first = await beginningOf(source)
  if (first.subarray(0, 16).toString('latin1') === 'SQLite format 3\0')
    return withSqliteFile(source, (tables) => readTables(tables, options))
  return fromStream(createReadStream(source), options)
}

async function fromStream(bytes: AsyncIterable<Uint8Array>, options: DjangoOptions): Promise<Project> {
  const iterator = bytes[Symbol.asyncIterator]()
  const first: Uint8Array[] = []
  let form = formOf(Buffer.alloc(0))
  while (form === 'unknown yet') {
    const { value, done } = await iterator.next()
    if (done) throw new SourceError('the source is empty')
    first.push(value)
    form = formOf(Buffer.concat(first))
  }
  return readDump(inUtf8(followedBy(first, iterator), Buffer.concat(first)), form, options)
}

/** @throws {SourceError} for bytes with which no dump begins */
function formOf(bytes: Buffer): 'array' | 'lines' | 'unknown yet' {
  if (bytes.subarray(0, 16).toString('latin1') === 'SQLite format 3\0')
    throw new SourceError('a SQLite file cannot be read from standard input: give its name')
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) throw new SourceError('the source is compressed: unpack it first')
  const [sign] = decoderOf(bytes).decode(bytes, { stream: true }).trimStart()
  if (sign === '[') return 'array'
  if (sign === '{') return 'lines'
  if (sign === undefined && bytes.length < FIRST) return 'unknown yet'
  throw new SourceError(
    'the source is neither a SQLite file nor a dump of dumpdata (JSON or JSON Lines); load a dump of SQL into a database, and give its URL or file',
  )
}

/** A Windows shell writes UTF-16 into a file. */
function decoderOf(bytes: Buffer): TextDecoder {
  const encoding =
    bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : 'utf-8'
  return new TextDecoder(encoding)
}

async function* inUtf8(bytes: AsyncIterable<Uint8Array>, first: Buffer): AsyncGenerator<Uint8Array> {
  const { encoding } = decoderOf(first)
  const decoder = new TextDecoder(encoding, { fatal: true })
  const decoded = (chunk?: Uint8Array) => {
    try {
      return decoder.decode(chunk, { stream: chunk !== undefined })
    } catch {
      throw new SourceError(
        `the dump is not in ${encoding.toUpperCase()} throughout: write it by \`python -X utf8 manage.py dumpdata\``,
      )
    }
  }
  for await (const chunk of bytes) {
    const text = decoded(chunk)
    yield encoding === 'utf-8' ? chunk : Buffer.from(text)
  }
  decoded()
}

async function* followedBy(first: Uint8Array[], rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* first
  for (;;) {
    const { value, done } = await rest.next()
    if (done) return
    yield value
  }
}

async function* bytesOf(input: AsyncIterable<Uint8Array | string>): AsyncGenerator<Uint8Array> {
  for await (const chunk of input) yield typeof chunk === 'string' ? Buffer.from(chunk) : chunk
}

async function beginningOf(file: string): Promise<Buffer> {
  try {
    if (!(await stat(file)).isFile()) throw new SourceError('the source is no file')
    const handle = await open(file)
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(FIRST), 0, FIRST, 0)
      return buffer.subarray(0, bytesRead)
    } finally {
      await handle.close()
    }
  } catch (error) {
    if (error instanceof SourceError) throw error
    const { code } = error as NodeJS.ErrnoException
    throw new SourceError(code === 'ENOENT' ? 'there is no such file' : `the source cannot be read: ${code}`)
  }
}
