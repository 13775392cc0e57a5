import type { JsonObject } from '../../shared/person/merge.ts';
import type { PersonRecord } from '../../shared/person/person-record.ts';
import { decodePayload, encodePayload } from '../../shared/transactions/payload.ts';

/** A persona from anywhere: only the name is sure to be there, and fields may have any shape. */
export type ImportedPersona = JsonObject & { readonly name: string };

/**
 * An imported person as stored. It has all the fields of a generated one, so that whatever reads records can read it: no
 * attempts, no tokens, and as `committedAt` the date of the import. `model` and `simulated` are what the file said, where
 * an export of ours wrote it.
 */
export interface ImportedRecord extends Omit<PersonRecord, 'persona' | 'cells' | 'warnings'> {
  readonly persona: ImportedPersona;
  readonly imported: {
    readonly file: string;
    /** Of the person, not of the file's bytes; see `personDigest`. */
    readonly digest: string;
    /** The provenance that the file held. */
    readonly provenance?: JsonObject;
  };
}

export function encodeImportedRecord(record: ImportedRecord): Buffer {
  return encodePayload(record);
}

/** Any stored person: an imported one has `imported`. Only for bytes that we encoded. */
export function decodeAnyRecord(payload: Buffer): PersonRecord | ImportedRecord {
  return decodePayload(payload) as PersonRecord | ImportedRecord;
}
