import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, join, relative, sep } from 'node:path';
import { explain, UserError } from '../../shared/errors.ts';

const AGENT = '.agent.json';

export interface AgentFile {
  /** The way to it from here, for messages. */
  readonly path: string;
  /** What is remembered of it: the way inside the folder that was named, or the file's own name. Always with "/". */
  readonly source: string;
}

export interface FoundFiles {
  readonly files: readonly AgentFile[];
  /** Other JSON files of the folders: fragments, populations, notes. */
  readonly skipped: readonly string[];
}

/**
 * The agent files that somebody means: a file by its path, whatever its name; a folder with every `*.agent.json` in it and
 * in its folders, in order of their paths. Of a folder, other JSON files are passed over and named; what begins with a
 * dot is not looked at, and links to folders are not followed. A file named twice comes once.
 *
 * Throws one UserError for all paths that cannot be read or hold no agent.
 */
export async function findAgentFiles(paths: readonly string[]): Promise<FoundFiles> {
  const files = new Map<string, AgentFile>();
  const skipped = new Set<string>();
  const faults: string[] = [];
  for (const path of paths) {
    try {
      const found = await lookInto(path);
      for (const file of found.files) {
        const place = await realpath(file.path);
        if (!files.has(place)) files.set(place, file);
      }
      for (const other of found.skipped) skipped.add(other);
      if (found.files.length === 0) faults.push(`${path}: expected a file named *${AGENT} in this folder`);
    } catch (error) {
      if (!isSystemError(error)) throw error;
      const missing = error.code === 'ENOENT';
      faults.push(`${path}: ${missing ? 'there is no such file or folder' : explain(error)}`);
    }
  }
  if (faults.length > 0) throw new UserError(`nothing was imported:\n  ${faults.join('\n  ')}`);
  // A file that is named is imported, even where the folder around it would pass it over.
  const named = new Set([...files.values()].map(({ path }) => path));
  return { files: [...files.values()], skipped: [...skipped].filter((path) => !named.has(path)) };
}

async function lookInto(path: string): Promise<FoundFiles> {
  if (!(await stat(path)).isDirectory()) return { files: [{ path, source: basename(path) }], skipped: [] };
  const files: AgentFile[] = [];
  const skipped: string[] = [];
  const visit = async (folder: string): Promise<void> => {
    const entries = await readdir(folder, { withFileTypes: true });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const here = join(folder, entry.name);
      if (entry.name.startsWith('.')) continue;
      if (entry.isDirectory()) await visit(here);
      else if (entry.name.endsWith(AGENT)) {
        files.push({ path: here, source: relative(path, here).replaceAll(sep, '/') });
      } else if (entry.name.endsWith('.json')) skipped.push(here);
    }
  };
  await visit(path);
  return { files, skipped };
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error && 'syscall' in error;
}
