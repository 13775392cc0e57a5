import type { Json } from '../factory/untrusted-json.ts';
import { isJsonObject, type JsonObject } from './merge.ts';

const MAX_PART_CHARACTERS = 80;

/**
 * A person in one line, from fields alone: `Maria Oliveira, 34, nurse at Hospital Santa Clara; Brazilian, lives in
 * Recife`. What is missing or not prose is left out; long values are cut. TinyTroupe asks a model for its longer one.
 */
export function minibio(persona: JsonObject): string {
  const residence = line(persona.residence);
  const who = [line(persona.name), line(persona.age), occupationOf(persona.occupation)];
  const where = [line(persona.nationality), residence && `lives in ${residence}`];
  return [who, where]
    .map((parts) => parts.filter((part) => part !== '').join(', '))
    .filter((part) => part !== '')
    .join('; ');
}

function occupationOf(occupation: Json | undefined): string {
  if (!isJsonObject(occupation)) return line(occupation);
  const title = line(occupation.title);
  const organization = line(occupation.organization);
  return title !== '' && organization !== '' ? `${title} at ${organization}` : title || organization;
}

function line(value: Json | undefined): string {
  if (typeof value !== 'string' && typeof value !== 'number') return '';
  const text = String(value).replace(/\s+/g, ' ').trim();
  const characters = Array.from(text);
  return characters.length > MAX_PART_CHARACTERS
    ? `${characters
        .slice(0, MAX_PART_CHARACTERS - 1)
        .join('')
        .trimEnd()}…`
    : text;
}
