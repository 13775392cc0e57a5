import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';

/**
 * How results lie in Redis: one byte that names the format, then the compressed JSON. A later format takes
 * another byte, so that results of an older release stay readable.
 */
const FORMAT_ZSTD_JSON = 1;
const formatByte = Buffer.from([FORMAT_ZSTD_JSON]);

/**
 * A person is some 5 KB: a window of 16 KB sees all of it, and tables to match keep the compressor's memory at 50 KB
 * instead of 3 MB, which cost more to map and unmap for each person than the compression itself.
 */
const small = {
  chunkSize: 4096,
  params: {
    [constants.ZSTD_c_windowLog]: 14,
    [constants.ZSTD_c_hashLog]: 12,
    [constants.ZSTD_c_chainLog]: 12,
  },
};

export function encodePayload(value: unknown): Buffer {
  return Buffer.concat([formatByte, zstdCompressSync(JSON.stringify(value), small)]);
}

/** Throws when the bytes are of a format this release does not know, or damaged. */
export function decodePayload(payload: Buffer): unknown {
  const format = payload[0];
  if (format !== FORMAT_ZSTD_JSON) {
    throw new Error(`a stored result has format ${format}, this release reads ${FORMAT_ZSTD_JSON}`);
  }
  return JSON.parse(zstdDecompressSync(payload.subarray(1)).toString());
}
