import { decodePersonRecord } from '../../shared/person/person-record.ts';
import type { Persona } from '../../shared/person/schema.ts';
import type { Characteristics } from '../../shared/sampling/dimensions.ts';

/** A person as exported: one JSONL line. */
export interface PersonLine {
  readonly slot: number;
  readonly name: string;
  readonly persona: Persona;
  readonly characteristics: Characteristics;
  readonly provenance: {
    readonly simulation: string;
    readonly population: string;
    readonly seed: string;
    readonly model: string;
    /** true: made up by the simulator, not by a model. */
    readonly simulated: boolean;
    readonly promptDigest: string;
    readonly attempts: number;
    readonly tokens: { readonly prompt: number; readonly cached: number; readonly completion: number };
    readonly committedAt: string;
  };
}

/** What all people of a population share and their records leave out. */
export interface SharedProvenance {
  readonly simulation: string;
  readonly population: string;
  readonly seed: string;
}

export function personLine(slot: number, payload: Buffer, shared: SharedProvenance): PersonLine {
  const { persona, characteristics, model, simulated, promptDigest, attempts, tokens, committedAt } =
    decodePersonRecord(payload);
  return {
    slot,
    name: persona.name,
    persona,
    characteristics,
    provenance: { ...shared, model, simulated, promptDigest, attempts, tokens, committedAt },
  };
}
