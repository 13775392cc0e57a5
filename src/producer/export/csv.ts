import { stringify } from 'csv-stringify/sync';
import { minibio } from '../../shared/person/minibio.ts';
import type { PersonLine } from './person-line.ts';

const columns = [
  'slot',
  'name',
  'age',
  'gender',
  'nationality',
  'residence',
  'education',
  'occupation',
  'organization',
  'minibio',
  'characteristics',
  'simulation',
  'population',
  'model',
  'simulated',
  'committedAt',
  // Later than the others: those keep their places.
  'cells',
  'warnings',
  'importedFrom',
] as const;

/** Spreadsheets run cells that begin like a formula; `escape_formulas` makes them text. */
const format = {
  escape_formulas: true,
  record_delimiter: '\r\n',
  // Lone line breaks too, which most readers take for the end of a row.
  quote_record_delimiter: true,
  cast: { boolean: String },
} as const;

export const csvHeader = (): string => stringify([[...columns]], format);

/**
 * A person as one CSV row (RFC 4180): the fields people sort and filter by; everything else is in JSONL. Imported
 * personas may hold a list where others have prose: see `cell`.
 */
export function csvRow({
  slot,
  name,
  persona,
  characteristics,
  cells,
  warnings,
  provenance,
}: PersonLine): string {
  const { occupation } = persona;
  const row: Record<(typeof columns)[number], unknown> = {
    slot,
    name,
    age: cell(persona.age),
    gender: cell(persona.gender),
    nationality: cell(persona.nationality),
    residence: cell(persona.residence),
    education: cell(persona.education),
    occupation: isMap(occupation) ? cell(occupation.title) : cell(occupation),
    organization: isMap(occupation) ? cell(occupation.organization) : '',
    minibio: minibio(persona),
    characteristics: JSON.stringify(characteristics),
    simulation: provenance.simulation,
    population: provenance.population,
    model: provenance.model,
    simulated: provenance.simulated,
    committedAt: provenance.committedAt,
    cells: cells === undefined ? '' : JSON.stringify(cells),
    warnings: cell(warnings),
    importedFrom: provenance.imported?.file ?? '',
  };
  return stringify([columns.map((column) => row[column])], format);
}

/** Prose and numbers as they are, a list of them separated by "; ", nothing as nothing, anything else as JSON. */
function cell(value: unknown): unknown {
  if (value === undefined || value === null) return '';
  if (typeof value !== 'object') return value;
  if (Array.isArray(value) && value.every((item) => typeof item === 'string' || typeof item === 'number')) {
    return value.join('; ');
  }
  return JSON.stringify(value);
}

function isMap(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
