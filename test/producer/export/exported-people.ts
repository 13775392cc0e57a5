import type { PersonLine } from '../../../src/producer/export/person-line.ts';
import type { Persona } from '../../../src/shared/person/schema.ts';
import { examplePersona } from '../../shared/person/example-persona.ts';

/** A person as exported, under this name. */
export function line(slot: number, name: string, changes: Partial<Persona> = {}): PersonLine {
  return {
    slot,
    name,
    persona: { ...examplePersona(), name, ...changes },
    characteristics: { age: 41 },
    provenance: {
      simulation: 'sim',
      population: 'ab12ab12ab12ab12',
      seed: '7',
      model: 'm',
      simulated: true,
      promptDigest: '0123456789abcdef',
      attempts: 1,
      tokens: { prompt: 100, cached: 0, completion: 10 },
      committedAt: '2030-01-01T00:00:00.000Z',
    },
  };
}
