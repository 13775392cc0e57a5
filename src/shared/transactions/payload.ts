import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';

/**
 * How results lie in Redis: one byte that names the format, then the compressed JSON. A later format takes
 * another byte, so that results of an older release stay readable.
 */
const FORMAT_ZSTD_JSON = 1;

export function encodePayload(value: unknown): Buffer {
  return Buffer.concat([Buffer.from([FORMAT_ZSTD_JSON]), zstdCompressSync(JSON.stringify(value))]);
}

/** Throws when the bytes are of a format this release does not know, or damaged. */
export function decodePayload(payload: Buffer): unknown {
  const format = payload[0];
  if (format !== FORMAT_ZSTD_JSON) {
    throw new Error(`a stored result has format ${format}, this release reads ${FORMAT_ZSTD_JSON}`);
  }
  return JSON.parse(zstdDecompressSync(payload.subarray(1)).toString());
}
