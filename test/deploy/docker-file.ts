import { readFileSync } from 'node:fs';

/** One line an instruction, comments left out. */
const instructions = readFileSync(new URL('../../Dockerfile', import.meta.url), 'utf8')
  .replaceAll(/^#.*\n/gm, '')
  .replaceAll(/\\\n\s*/g, '')
  .split('\n')
  .filter((line) => line !== '');

/** The arguments of every instruction of that name, in order. */
export const all = (name: string) =>
  instructions.flatMap((line) => (line.startsWith(`${name} `) ? [line.slice(name.length + 1)] : []));

/** What the image sets of our settings. */
export const imageSettings: Readonly<Record<string, string>> = Object.fromEntries(
  all('ENV')
    .flatMap((line) => line.split(' '))
    .map((pair) => pair.split('='))
    .filter(([name]) => name?.startsWith('PERSONA_FLEET_')),
);
