import { UserError } from '../../shared/errors.ts';
import { digest } from '../../shared/factory/canonical-json.ts';
import type { Json } from '../../shared/factory/untrusted-json.ts';
import { TinyPerson } from '../../shared/person/tiny-person.ts';
import { readSpecification } from '../../shared/person/tinytroupe-file.ts';
import { canonicalName } from '../../shared/transactions/canonical-name.ts';
import type { AgentFile } from './agent-files.ts';
import { encodeImportedRecord } from './imported-record.ts';

/** A person who is ready to be imported: all checks are behind them. */
export interface ReadAgent {
  readonly file: AgentFile;
  readonly name: string;
  /** Of the persona, fragments included, and its characteristics: the same person has the same one, however written. */
  readonly digest: string;
  /** The encoded record; compressed, because all people of an import are in memory before the first is written. */
  readonly payload: Buffer;
  /** What stood beside the persona and is not imported: TinyTroupe's memories, mental state and faculties. */
  readonly leftOut: readonly string[];
}

const MAX_FAULTS_LISTED = 20;
const KEPT = new Set(['type', 'persona', 'provenance', 'characteristics', 'cells', 'warnings']);

/**
 * Reads and checks every file and merges the fragments into each person, in their order.
 *
 * Throws one UserError that lists the files at fault: not JSON, not a TinyPerson, hostile, without a name that can be
 * told from others, or not to be merged with a fragment. Nothing has been written then.
 */
export async function readAgents(
  files: readonly AgentFile[],
  options: { fragments: readonly string[]; importedAt: string },
): Promise<ReadAgent[]> {
  // Once, and before any agent is blamed for a fragment that cannot be read.
  const fragments = await Promise.all(
    options.fragments.map(async (path) => ({ path, ...(await readSpecification(path, 'Fragment')) })),
  );
  const agents: ReadAgent[] = [];
  const faults: string[] = [];
  for (const file of files) {
    try {
      agents.push(await readAgent(file, fragments, options.importedAt));
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      faults.push(error.message);
    }
  }
  if (faults.length === 0) return agents;
  const listed = faults.slice(0, MAX_FAULTS_LISTED).join('\n  ');
  const more = faults.length > MAX_FAULTS_LISTED ? `\n  and ${faults.length - MAX_FAULTS_LISTED} more` : '';
  throw new UserError(
    `${faults.length} of ${files.length} files cannot be imported, so nothing was:\n  ${listed}${more}`,
  );
}

async function readAgent(
  file: AgentFile,
  fragments: readonly { path: string; persona: object }[],
  importedAt: string,
): Promise<ReadAgent> {
  const document = await readSpecification(file.path, 'TinyPerson');
  const person = await inFile(file.path, () => TinyPerson.loadSpecification(document));
  if (canonicalName(person.name) === '') {
    throw new UserError(
      `${file.path}: expected a name with letters or digits, got ${JSON.stringify(person.name)}`,
    );
  }
  for (const { path, persona } of fragments) {
    await inFile(`${file.path} with ${path}`, () => person.includePersonaDefinitions(persona));
  }
  const { persona, provenance, characteristics } = person.encodeCompleteState();
  const identity = digest({ persona, characteristics });
  return {
    file,
    name: person.name,
    digest: identity,
    payload: encodeImportedRecord({
      persona: { ...persona, name: person.name },
      characteristics: characteristics ?? {},
      model: typeof provenance?.model === 'string' ? provenance.model : '',
      simulated: provenance?.simulated === true,
      promptDigest: '',
      attempts: 0,
      tokens: { prompt: 0, cached: 0, completion: 0 },
      committedAt: importedAt,
      imported: { file: file.source, digest: identity, ...(provenance !== null && { provenance }) },
    }),
    leftOut: Object.entries(document).flatMap(([key, part]) => (KEPT.has(key) || isEmpty(part) ? [] : [key])),
  };
}

/** TinyTroupe writes empty lists for what a person lacks: to leave those out loses nothing. */
function isEmpty(part: Json | undefined): boolean {
  return part == null || (typeof part === 'object' && Object.keys(part).length === 0);
}

/** A UserError that does not know where its input came from, as one that does. */
async function inFile<T>(path: string, read: () => T | Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    if (!(cause instanceof UserError)) throw cause;
    throw new UserError(`${path}: ${cause.message}`, { cause });
  }
}
