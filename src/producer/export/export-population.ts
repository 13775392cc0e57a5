import type { Writable } from 'node:stream';
import type { SlotRange } from '../../shared/factory/slot-claims.ts';
import type { Results } from '../../shared/transactions/results.ts';
import { csvHeader, csvRow } from './csv.ts';
import { writeWhole } from './output.ts';
import { type PersonLine, personLine, type SharedProvenance } from './person-line.ts';
import { writeTinyTroupeFolder } from './tinytroupe-folder.ts';

export const ExportFormat = { jsonl: 'jsonl', csv: 'csv', tinytroupe: 'tinytroupe' } as const;
export type ExportFormat = (typeof ExportFormat)[keyof typeof ExportFormat];

/**
 * Writes the committed people of the wanted slots in slot order and returns how many there were. Streamed: memory does
 * not grow with the population. The file (or folder) is there whole or not at all; see `writeWhole`.
 */
export async function exportPopulation(options: {
  results: Results;
  shared: SharedProvenance;
  wanted: SlotRange;
  format: ExportFormat;
  /** A file (`-`: stdout), or a folder for tinytroupe. */
  out: string;
  stdout: Writable;
  onPerson?: (person: PersonLine) => void;
}): Promise<{ people: number }> {
  const { results, shared, wanted, format, out, stdout, onPerson } = options;
  let people = 0;
  async function* lines(): AsyncGenerator<PersonLine> {
    for await (const { slot, payload } of results.committed(wanted)) {
      people += 1;
      const line = personLine(slot, payload, shared);
      onPerson?.(line);
      yield line;
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
