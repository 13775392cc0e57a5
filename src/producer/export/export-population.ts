import type { Writable } from 'node:stream';
import { ExitCode, UserError } from '../../shared/errors.ts';
import type { SlotRange } from '../../shared/factory/slot-claims.ts';
import { unlessAborted } from '../../shared/lifecycle.ts';
import type { Results } from '../../shared/transactions/results.ts';
import { csvHeader, csvRow } from './csv.ts';
import { assertWritable, writeWhole } from './output.ts';
import { type PersonLine, personLine, type SharedProvenance } from './person-line.ts';
import { assertFolderWritable, writeTinyTroupeFolder } from './tinytroupe-folder.ts';

export const ExportFormat = { jsonl: 'jsonl', csv: 'csv', tinytroupe: 'tinytroupe' } as const;
export type ExportFormat = (typeof ExportFormat)[keyof typeof ExportFormat];

/** A part of a population that is exported. */
export interface ExportSource {
  readonly results: Results;
  readonly shared: SharedProvenance;
  readonly wanted: SlotRange;
}

export interface ExportTarget {
  readonly format: ExportFormat;
  /** A file (`-`: stdout), or a folder for tinytroupe. */
  readonly out: string;
  readonly stdout: Writable;
  readonly signal: AbortSignal;
  readonly onPerson?: (person: PersonLine) => void;
}

/**
 * Writes the committed people of the wanted slots, population after population, in slot order, and returns how many there
 * were. Streamed: memory does not grow with the populations. The file (or folder) is there whole or not at all; see
 * `writeWhole`. When the signal aborts it stops before the next person, even while Redis does not answer, and throws
 * UserError with exit code 130.
 */
export async function exportPeople(
  sources: readonly ExportSource[],
  { format, out, stdout, signal, onPerson }: ExportTarget,
): Promise<{ people: number }> {
  let people = 0;
  async function* lines(): AsyncGenerator<PersonLine> {
    for (const { results, shared, wanted } of sources) {
      const committed = results.committed(wanted);
      for (;;) {
        const next = await unlessAborted(committed.next(), signal);
        if (next === undefined || signal.aborted) throw interrupted(out);
        if (next.done) break;
        people += 1;
        const line = personLine(next.value.slot, next.value.payload, shared);
        onPerson?.(line);
        yield line;
      }
    }
  }
  switch (format) {
    case 'jsonl':
      await writeWhole(out, stdout, async (put) => {
        for await (const line of lines()) await put(`${JSON.stringify(line)}\n`);
      });
      break;
    case 'csv':
      await writeWhole(out, stdout, async (put) => {
        await put(csvHeader());
        for await (const line of lines()) await put(csvRow(line));
      });
      break;
    case 'tinytroupe':
      await writeTinyTroupeFolder(out, lines());
      break;
    default: {
      const never: never = format;
      throw new Error(`unknown format ${never}`);
    }
  }
  return { people };
}

/** Fails early, before any work is paid for, when an export in this format cannot be written there. */
export function assertExportable(out: string, format: ExportFormat): Promise<void> {
  return format === ExportFormat.tinytroupe ? assertFolderWritable(out) : assertWritable(out);
}

function interrupted(out: string): UserError {
  const what = out === '-' ? 'stdout has only the first people' : `${out} was not written`;
  return new UserError(`interrupted: ${what}; the results are in Redis`, { exitCode: ExitCode.interrupted });
}
