import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  hkdfSync,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto'
import { closeSync, existsSync, fsyncSync, linkSync, openSync, readFileSync, unlinkSync, writeSync } from 'node:fs'
import { type CreationOptional, DataTypes, type InferAttributes, type InferCreationAttributes, Model } from 'sequelize'
import { ConfigError, type Settings } from './config.js'
import { sequelize } from './database/connection.js'
import { appendIn } from './database/prepared-writes.js'
import { write } from './database/write-queue.js'
import { HttpError } from './failures.js'

/** The id of a server key that rows of this database need. The key itself is never stored. */
export class Key extends Model<InferAttributes<Key>, InferCreationAttributes<Key>> {
  declare id: string
  declare createdAt: CreationOptional<Date>
}

Key.init(
  {
    id: { type: DataTypes.TEXT, primaryKey: true },
    createdAt: { type: DataTypes.DATE, allowNull: false, defaultValue: DataTypes.NOW },
  },
  { sequelize, tableName: 'keys' },
)

/** Each use of a server key has a derived key of its own (RFC 5869), so that one use cannot be turned against another. */
export type KeyUse = 'idempotency' | 'password' | 'seal' | 'cursor' | 'event' | 'change' | 'throttle' | 'draw'

/** The server keys by id, in the order of the setting. The first one seals and signs, and all can open. */
let keys = new Map<string, Buffer>()

const derivedKeys = new Map<string, Buffer>()

type KeySource = Pick<Settings, 'secretKeys' | 'database'>

/**
 * Reads the server keys from the setting or the key file.
 * @throws {ConfigError} if there is none, or if the database needs one that is missing
 */
export async function loadKeys(from: KeySource, { mayCreateFile }: { mayCreateFile: boolean }): Promise<void> {
  const { secretKeys } = from
  const given = secretKeys.length > 0 ? secretKeys : [keyOfFile(from, mayCreateFile)]
  const found = new Map(given.map((key) => [idOf(key), key]))
  const needed = await neededKeyIds()
  if (!needed.every((id) => found.has(id)))
    throw new ConfigError(
      `LATCHKEY_SECRET_KEY lacks a key that this database needs, ${needed.filter((id) => !found.has(id)).join(' and ')}${secretKeys.length > 0 ? '' : ` (there is none in ${keyFile(from)} either)`}`,
    )
  keys = found
  derivedKeys.clear()
}

/** Ids of the keys that the setting or the key file has, in their order. @throws {ConfigError} as `loadKeys` */
export function keyIdsOf(from: KeySource): string[] {
  return (from.secretKeys.length > 0 ? from.secretKeys : [keyOfFile(from, false)]).map(idOf)
}

/** Ids of the keys that rows of this database need, the oldest first. */
export async function neededKeyIds(): Promise<string[]> {
  return (await Key.findAll({ order: ['createdAt', 'id'] })).map(({ id }) => id)
}

/** From now on the database needs the first key, and a start without it is refused. */
export async function recordFirstKey(): Promise<void> {
  const id = firstKeyId()
  // This does not use findOrCreate, for which Sequelize makes a temporary function. A role that owns nothing may not do that.
  if (!(await Key.findByPk(id))) await write((transaction) => appendIn(transaction, Key, { id, createdAt: new Date() }))
}

/** The id of the key for new hashes and seals. */
export function firstKeyId(): string {
  const [id] = keys.keys()
  if (!id) throw new Error('loadKeys has not run')
  return id
}

export function hasKey(keyId: string): boolean {
  return keys.has(keyId)
}

/**
 * @returns 32 bytes
 * @throws {HttpError} 503 if this node does not have the key, because another node has begun to use a new one
 */
export function derivedKey(use: KeyUse, keyId: string): Buffer {
  const name = `${use} ${keyId}`
  let derived = derivedKeys.get(name)
  if (derived === undefined) {
    const key = keys.get(keyId)
    if (!key)
      throw new HttpError(503, 'This node lacks a server key. Please try again.', {
        retryAfter: 2,
        cause: new Error(`LATCHKEY_SECRET_KEY of this node lacks the key ${keyId}, which a row of the database needs`),
      })
    derived = Buffer.from(hkdfSync('sha256', key, '', `latchkey ${use}`, 32))
    derivedKeys.set(name, derived)
  }
  return derived
}

/**
 * Seals a text with AES-256-GCM under a random 96-bit nonce.
 * @param context what the text belongs to. `open` needs the same
 */
export function seal(text: string, context: string): { sealed: string; keyId: string } {
  const keyId = firstKeyId()
  const nonce = nextNonce()
  const cipher = createCipheriv('aes-256-gcm', derivedKey('seal', keyId), nonce).setAAD(
    Buffer.from(`${context} ${keyId}`),
  )
  const encrypted = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
  return { sealed: Buffer.concat([nonce, cipher.getAuthTag(), encrypted]).toString('base64'), keyId }
}

/** Nonces are drawn many at a time, because each call of the system's generator costs as much as the cipher (measured). */
const NONCES = 340 * 12
let nonces = Buffer.alloc(0)

function nextNonce(): Buffer {
  if (nonces.length === 0) nonces = randomBytes(NONCES)
  const nonce = nonces.subarray(0, 12)
  nonces = nonces.subarray(12)
  return nonce
}

/** @throws if the text was sealed for another context or was changed */
export function open(sealed: string, keyId: string, context: string): string {
  const bytes = Buffer.from(sealed, 'base64')
  const decipher = createDecipheriv('aes-256-gcm', derivedKey('seal', keyId), bytes.subarray(0, 12), {
    authTagLength: 16,
  })
    .setAAD(Buffer.from(`${context} ${keyId}`))
    .setAuthTag(bytes.subarray(12, 28))
  return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString('utf8')
}

/** A mark that only this service can make: 128 bits of an HMAC-SHA-256 under the first key. */
export function sign(use: KeyUse, text: string): string {
  return markOf(use, firstKeyId(), text)
}

/** A whole number of 32 bits that only this service can compute. */
export function number(use: KeyUse, text: string): number {
  return Buffer.from(sign(use, text), 'base64url').readUInt32BE()
}

export function isSigned(use: KeyUse, text: string, signature: string): boolean {
  return [...keys.keys()].some((id) => isMark(use, id, text, signature))
}

/** As `isSigned`, for a mark whose key is known. */
export function isMark(use: KeyUse, keyId: string, text: string, given: string): boolean {
  const [made, asked] = [Buffer.from(markOf(use, keyId, text)), Buffer.from(given)]
  return made.length === asked.length && timingSafeEqual(made, asked)
}

/** As `sign`, under a key whose id the caller stores. */
export function markOf(use: KeyUse, keyId: string, text: string): string {
  return createHmac('sha256', derivedKey(use, keyId)).update(text).digest('base64url').slice(0, 22)
}

/** Where the server keys come from, for an operator who has to store them safely. */
export function serverKeyPlace(from: KeySource): string {
  return (from.secretKeys.length === 0 && keyFile(from)) || 'LATCHKEY_SECRET_KEY'
}

function idOf(key: Buffer) {
  return createHash('sha256').update('latchkey key id ').update(key).digest('hex').slice(0, 16)
}

function keyFile({ database }: KeySource) {
  return database.dialect === 'sqlite' ? `${database.file}.key` : undefined
}

function keyOfFile(from: KeySource, mayCreate: boolean): Buffer {
  const file = keyFile(from)
  if (!file) throw new ConfigError('LATCHKEY_SECRET_KEY is missing; make one with `openssl rand -base64 32`')
  if (!existsSync(file)) {
    if (!mayCreate) throw new ConfigError(`LATCHKEY_SECRET_KEY is missing and so is ${file}, which this database needs`)
    createKeyFile(file)
  }
  const key = Buffer.from(readFileSync(file, 'utf8'), 'base64')
  if (key.length !== 32) throw new ConfigError(`LATCHKEY_SECRET_KEY is missing and ${file} holds no key`)
  return key
}

/** Writes and syncs the whole file before it gets its name. So a crash leaves no partial key, and of two processes one wins. */
function createKeyFile(file: string) {
  const draft = `${file}.${randomBytes(6).toString('hex')}`
  const descriptor = openSync(draft, 'wx', 0o600)
  try {
    writeSync(descriptor, `${randomBytes(32).toString('base64')}\n`)
    fsyncSync(descriptor)
    linkSync(draft, file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    closeSync(descriptor)
    unlinkSync(draft)
  }
}
