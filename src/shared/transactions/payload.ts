import { readFileSync } from 'node:fs';
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';

/**
 * How results lie in Redis: one byte that names the format, then the compressed JSON. A later format takes another
 * byte, so that results of an older release stay readable.
 *
 * Format 1 is zstd with a dictionary: a made-up person, whose keys and turns of phrase need not be stored with every
 * other one. It takes a fifth off a person's bytes. The file is part of the format: not a letter of it may change.
 */
const FORMAT_ZSTD_DICTIONARY_1 = 1;
const formatByte = Buffer.from([FORMAT_ZSTD_DICTIONARY_1]);

/**
 * A person is some 5 KB: a window of 16 KB sees all of it, and tables to match keep the compressor's memory at 100 KB
 * instead of 3 MB, which cost more to map and unmap for each person than the compression itself.
 */
const params = {
  [constants.ZSTD_c_windowLog]: 14,
  [constants.ZSTD_c_hashLog]: 13,
  [constants.ZSTD_c_chainLog]: 13,
};
const CHUNK_BYTES = 4096;

let loaded: Buffer | undefined;
function dictionary(): Buffer {
  loaded ??= readFileSync(new URL('./payload-dictionary-1.txt', import.meta.url));
  return loaded;
}

export function encodePayload(value: unknown): Buffer {
  const options = { chunkSize: CHUNK_BYTES, params, dictionary: dictionary() };
  return Buffer.concat([formatByte, zstdCompressSync(JSON.stringify(value), options)]);
}

/** Throws when the bytes are of a format this release does not know, or damaged. */
export function decodePayload(payload: Buffer): unknown {
  const format = payload[0];
  if (format !== FORMAT_ZSTD_DICTIONARY_1) {
    throw new Error(`a stored result has format ${format}, this release reads ${FORMAT_ZSTD_DICTIONARY_1}`);
  }
  return JSON.parse(zstdDecompressSync(payload.subarray(1), { dictionary: dictionary() }).toString());
}
