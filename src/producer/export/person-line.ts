import type { JsonObject } from '../../shared/person/merge.ts';
import type { Persona } from '../../shared/person/schema.ts';
import type { Cells, Characteristics } from '../../shared/sampling/dimensions.ts';
import { decodeAnyRecord, type ImportedPersona } from '../import/imported-record.ts';

/** A person as exported: one JSONL line. */
export interface PersonLine {
  readonly slot: number;
  readonly name: string;
  /** Of an imported person: as imported, whatever its shape. */
  readonly persona: Persona | ImportedPersona;
  readonly characteristics: Characteristics;
  /** The cells of the sampling plan that the slot fills; absent for imported people. */
  readonly cells?: Cells;
  /** What was wrong with the answer and accepted; absent when nothing was. */
  readonly warnings?: readonly string[];
  readonly provenance: {
    readonly simulation: string;
    readonly population: string;
    /** Empty for imported people, as is the model where their file names none. */
    readonly seed: string;
    readonly model: string;
    /** true: made up by the simulator, not by a model. */
    readonly simulated: boolean;
    readonly promptDigest: string;
    readonly attempts: number;
    /** 1 where a repair call wrote parts of this person; absent otherwise. */
    readonly repairs?: number;
    readonly tokens: { readonly prompt: number; readonly cached: number; readonly completion: number };
    readonly committedAt: string;
    /** Only imported people have it: the file they came from, when, and the provenance that it held. */
    readonly imported?: { readonly file: string; readonly at: string; readonly provenance?: JsonObject };
  };
}

/** What all people of a population share and their records leave out. */
export interface SharedProvenance {
  readonly simulation: string;
  readonly population: string;
  readonly seed: string;
}

export function personLine(slot: number, payload: Buffer, shared: SharedProvenance): PersonLine {
  const record = decodeAnyRecord(payload);
  const { persona, characteristics, model, simulated, promptDigest, attempts, tokens, committedAt } = record;
  const provenance = { ...shared, model, simulated, promptDigest, attempts, tokens, committedAt };
  if ('imported' in record) {
    const { digest: _digest, file, ...more } = record.imported;
    const imported = { file, at: committedAt, ...more };
    return { slot, name: persona.name, persona, characteristics, provenance: { ...provenance, imported } };
  }
  const { cells, warnings, repairs } = record;
  return {
    slot,
    name: persona.name,
    persona,
    characteristics,
    ...(cells !== undefined && { cells }),
    ...(warnings !== undefined && { warnings }),
    provenance: { ...provenance, ...(repairs !== undefined && { repairs }) },
  };
}
