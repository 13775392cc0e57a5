import type { Cells, Characteristics } from '../sampling/dimensions.ts';
import { decodePayload, encodePayload } from '../transactions/payload.ts';
import type { Persona } from './schema.ts';

/**
 * A committed person as stored: what differs from slot to slot. What a whole population shares (simulation,
 * population, seed) is added again when it is read, so it costs no memory a million times over.
 */
export interface PersonRecord {
  readonly persona: Persona;
  readonly characteristics: Characteristics;
  /** The cells of the sampling plan that the slot fills; absent in records of releases before 0.2. */
  readonly cells?: Cells;
  /** What was wrong with the answer and accepted (`onMismatch`); absent when nothing was. */
  readonly warnings?: readonly string[];
  /** The model that answered, as the provider names it. */
  readonly model: string;
  readonly simulated: boolean;
  readonly promptDigest: string;
  /** Calls begun that asked for this whole person, the successful one included. */
  readonly attempts: number;
  /** 1 where a repair call wrote parts of this person; absent otherwise. */
  readonly repairs?: number;
  /** Of all answered calls of the run that committed, useless answers included; `prompt` includes `cached`. */
  readonly tokens: { readonly prompt: number; readonly cached: number; readonly completion: number };
  /** ISO 8601, by the worker's clock. */
  readonly committedAt: string;
}

export function encodePersonRecord(record: PersonRecord): Buffer {
  return encodePayload(record);
}

/** Only for bytes that `encodePersonRecord` made: the store is ours and its payloads are whole or absent. */
export function decodePersonRecord(payload: Buffer): PersonRecord {
  return decodePayload(payload) as PersonRecord;
}
