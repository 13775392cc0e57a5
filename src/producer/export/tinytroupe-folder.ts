import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { UserError } from '../../shared/errors.ts';
import { makeFolder } from '../../shared/make-folder.ts';
import { writeSpecification } from '../../shared/person/tinytroupe-file.ts';
import type { PersonLine } from './person-line.ts';
import { asideName, removeStaleAsides, removeStaleTemporaries, temporaryName } from './temporary-name.ts';
import { describeWriteError } from './write-errors.ts';

const SUFFIX = '.agent.json';

/** File systems allow 255 bytes; the suffix, a slot and a temporary ending come on top of this. */
const MAX_NAME_BYTES = 180;

/**
 * Writes one `<Name>.agent.json` a person, as TinyTroupe's `TinyPerson.load_specification` reads them, into a folder that
 * appears whole or not at all. An earlier export in its place is replaced, once the new one is complete; a folder that
 * holds anything else, agents of other origin included, is refused.
 */
export async function writeTinyTroupeFolder(folder: string, lines: AsyncIterable<PersonLine>): Promise<void> {
  const temporary = temporaryName(folder);
  try {
    await beginFolder(folder, temporary);
    const taken = new Set<string>();
    for await (const { slot, name, persona, characteristics, cells, warnings, provenance } of lines) {
      const file = join(temporary, fileName(name, slot, taken));
      await writeSpecification(file, {
        type: 'TinyPerson',
        persona,
        characteristics: { ...characteristics },
        ...(cells !== undefined && { cells: { ...cells } }),
        ...(warnings !== undefined && { warnings: [...warnings] }),
        provenance: { slot, ...provenance },
      });
    }
    await replaceFolder(folder, temporary);
    await removeStaleAsides(folder);
  } catch (error) {
    // The failure to report is the first one: where no folder can be, none can be removed either.
    await rm(temporary, { recursive: true, force: true }).catch(() => undefined);
    throw describeWriteError(folder, error, 'results are in Redis');
  }
}

/** Fails early, before any work is paid for, when `writeTinyTroupeFolder` would refuse this folder. */
export async function assertFolderWritable(folder: string): Promise<void> {
  const temporary = temporaryName(folder);
  try {
    await beginFolder(folder, temporary);
    await rm(temporary, { recursive: true, force: true });
  } catch (error) {
    throw describeWriteError(folder, error, 'nothing has run');
  }
}

async function beginFolder(folder: string, temporary: string): Promise<void> {
  if (folder === '-') {
    throw new UserError('the tinytroupe format is a folder of files, not a stream: name a folder with --out');
  }
  await assertReplaceable(folder);
  await makeFolder(dirname(folder));
  await removeStaleTemporaries(folder);
  await rm(temporary, { recursive: true, force: true });
  await mkdir(temporary);
}

/** Moves the earlier folder aside instead of removing it first: until the new one stands, nothing is lost. */
async function replaceFolder(folder: string, complete: string): Promise<void> {
  const aside = asideName(folder);
  const isThere = await moved(folder, aside);
  try {
    await rename(complete, folder);
  } catch (error) {
    if (isThere) await rename(aside, folder);
    throw error;
  }
  await rm(aside, { recursive: true, force: true });
}

/** Whether there was anything to move. */
async function moved(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

async function assertReplaceable(folder: string): Promise<void> {
  const entries = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  for (const entry of entries) {
    if (entry.endsWith(SUFFIX) && (await isExported(join(folder, entry)))) continue;
    throw new UserError(
      `${folder} holds ${entry}, which is no earlier export: choose a new or an empty folder with --out`,
    );
  }
}

/** People of other origin have no provenance: somebody may have written them by hand. */
async function isExported(file: string): Promise<boolean> {
  try {
    return typeof JSON.parse(await readFile(file, 'utf8')).provenance.population === 'string';
  } catch {
    return false;
  }
}

/**
 * The name with "_" for what file systems refuse. Two names that only differ there, or in case (which some file systems
 * ignore), get the slot added, whichever populations they are of.
 */
function fileName(name: string, slot: number, taken: Set<string>): string {
  const plain = name.replace(/[\p{C}<>:"/\\|?*\s]+/gu, '_').replace(/^[._]+|[._]+$/g, '');
  let base = withinBytes(plain, MAX_NAME_BYTES);
  // Again, when somebody's own name is another one with the slot added.
  while (base === '' || taken.has(base.toLowerCase())) base = `${base}_${slot}`;
  taken.add(base.toLowerCase());
  return `${base}${SUFFIX}`;
}

/** As many whole characters as fit. */
function withinBytes(text: string, maxBytes: number): string {
  let bytes = 0;
  let kept = '';
  for (const character of text) {
    bytes += Buffer.byteLength(character);
    if (bytes > maxBytes) break;
    kept += character;
  }
  return kept;
}
