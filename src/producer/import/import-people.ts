import type { Imports, NameOwner } from '../../shared/transactions/imports.ts';
import { decodeAnyRecord } from './imported-record.ts';
import type { ReadAgent } from './read-agents.ts';

export interface ImportOutcome {
  /** People who are new, in order of their slots. */
  readonly imported: number;
  /** People whom the simulation had, just as they are: imported before, or twice in this import. */
  readonly alreadyThere: number;
  readonly collisions: readonly Collision[];
  /** Files that were not got to, because the signal aborted. */
  readonly left: number;
}

/** A person who was not imported, because the name is somebody else's. */
export interface Collision {
  readonly name: string;
  readonly file: string;
  readonly takenBy: NameOwner & {
    /** Where the owner is an imported person: the name as written there, and the file. */
    readonly name?: string;
    readonly file?: string;
  };
}

/**
 * Imports people one after another, in their order; each is durable before the next begins. A name that is taken leaves
 * its person out and nothing else. Repeating an import, after a crash or an error too, imports what is left of it.
 */
export async function importPeople(
  agents: readonly ReadAgent[],
  { imports, signal }: { imports: Imports; signal: AbortSignal },
): Promise<ImportOutcome> {
  const collisions: Collision[] = [];
  /** The ways to the files of this import: more than what is stored, where two folders hold files of one name. */
  const paths = new Map<number, string>();
  let alreadyThere = 0;
  let done = 0;
  for (const { file, name, digest, payload } of agents) {
    if (signal.aborted) break;
    done += 1;
    const reply = await imports.add({ name, payload });
    if (reply.code === 'imported') {
      paths.set(reply.slot, file.path);
      continue;
    }
    const owner =
      reply.owner.population === imports.population ? await importedOwner(reply.owner, imports) : undefined;
    if (owner?.digest === digest) alreadyThere += 1;
    else {
      const known = owner && { name: owner.name, file: paths.get(reply.owner.slot) ?? owner.file };
      collisions.push({ name, file: file.path, takenBy: { ...reply.owner, ...known } });
    }
  }
  return { imported: paths.size, alreadyThere, collisions, left: agents.length - done };
}

async function importedOwner({ slot }: NameOwner, imports: Imports) {
  const payload = await imports.payload(slot);
  const record = payload && decodeAnyRecord(payload);
  if (record === undefined || !('imported' in record)) return undefined;
  const { file, digest } = record.imported;
  return { name: record.persona.name, file, digest };
}
