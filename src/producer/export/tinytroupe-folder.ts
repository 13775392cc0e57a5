import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { UserError } from '../../shared/errors.ts';
import { writeSpecification } from '../../shared/person/tinytroupe-file.ts';
import { describeWriteError, temporaryName } from './output.ts';
import type { PersonLine } from './person-line.ts';

const SUFFIX = '.agent.json';

/**
 * Writes one `<Name>.agent.json` a person, as TinyTroupe's `TinyPerson.load_specification` reads them, into a folder that
 * appears whole or not at all. An earlier export in its place is replaced; a folder that holds anything else is refused.
 */
export async function writeTinyTroupeFolder(folder: string, lines: AsyncIterable<PersonLine>): Promise<void> {
  const temporary = temporaryName(folder);
  try {
    await assertReplaceable(folder);
    await mkdir(dirname(folder), { recursive: true });
    await rm(temporary, { recursive: true, force: true });
    await mkdir(temporary);
    const taken = new Set<string>();
    for await (const { slot, name, persona, characteristics, provenance } of lines) {
      const file = join(temporary, fileName(name, slot, taken));
      await writeSpecification(file, {
        type: 'TinyPerson',
        persona,
        characteristics: { ...characteristics },
        provenance: { slot, ...provenance },
      });
    }
    await rm(folder, { recursive: true, force: true });
    await rename(temporary, folder);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    throw describeWriteError(folder, error);
  }
}

async function assertReplaceable(folder: string): Promise<void> {
  const entries = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const other = entries.find((entry) => !entry.endsWith(SUFFIX));
  if (other !== undefined) {
    throw new UserError(
      `${folder} holds ${other}, which is no earlier export: choose a new or an empty folder with --out`,
    );
  }
}

/**
 * The name with "_" for what file systems refuse. Two names that only differ there, or in case (which some file systems
 * ignore), get the slot added.
 */
function fileName(name: string, slot: number, taken: Set<string>): string {
  const plain = name
    .replace(/[\p{C}<>:"/\\|?*\s]+/gu, '_')
    .replace(/^[._]+|[._]+$/g, '')
    .slice(0, 100);
  const base = plain === '' || taken.has(plain.toLowerCase()) ? `${plain}_${slot}` : plain;
  taken.add(base.toLowerCase());
  return `${base}${SUFFIX}`;
}
