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

/** A person as one CSV row (RFC 4180): the fields people sort and filter by; everything else is in JSONL. */
export function csvRow({ slot, name, persona, characteristics, provenance }: PersonLine): string {
  const row: Record<(typeof columns)[number], unknown> = {
    slot,
    name,
    age: persona.age,
    gender: persona.gender,
    nationality: persona.nationality,
    residence: persona.residence,
    education: persona.education,
    occupation: persona.occupation.title,
    organization: persona.occupation.organization,
    minibio: minibio(persona),
    characteristics: JSON.stringify(characteristics),
    simulation: provenance.simulation,
    population: provenance.population,
    model: provenance.model,
    simulated: provenance.simulated,
    committedAt: provenance.committedAt,
  };
  return stringify([columns.map((column) => row[column])], format);
}
