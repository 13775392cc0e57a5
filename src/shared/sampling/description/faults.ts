import { UserError } from '../../errors.ts';

/** The way from the root of a description to the place of a fault: `['dimensions', 'age', 'range']`. */
export type FaultPath = readonly (string | number)[];

/** One thing that is wrong in a description: where, and what was expected, what came and what to do. */
export interface DescriptionFault {
  readonly path: FaultPath;
  readonly message: string;
}

/** Takes a fault down; reading goes on, so that one message can list all. */
export type Report = (path: FaultPath, message: string) => void;

const MAX_SHOWN_CHARACTERS = 60;
const MAX_SHOWN_FAULTS = 30;
const ONE_LINE = /^[^\p{Cc}\p{Zl}\p{Zp}]+$/u;

/** A description of dimensions that cannot be used, with every fault in it. The message is what a user reads. */
export class DescriptionError extends UserError {
  override readonly name = 'DescriptionError';
  readonly faults: readonly DescriptionFault[];

  constructor(faults: readonly DescriptionFault[]) {
    super(describeFaults('the description of the dimensions', faults));
    this.faults = faults;
  }
}

/** `FILE has 2 faults:` and a line for each, with its place: `dimensions.age.range: …`. */
export function describeFaults(what: string, faults: readonly DescriptionFault[]): string {
  const lines = faults
    .slice(0, MAX_SHOWN_FAULTS)
    .map(({ path, message }) => `\n  ${describePlace(path) || 'the file'}: ${message}`);
  const more = faults.length > lines.length ? `\n  … and ${faults.length - lines.length} more` : '';
  return `${what} has ${faults.length} fault${faults.length === 1 ? '' : 's'}:${lines.join('')}${more}`;
}

/** A path as users write it, `dimensions.monthly fee.bands`; keys that are long or break lines are cut and quoted. */
export function describePlace(path: FaultPath): string {
  return path
    .map((step) => {
      const key = String(step);
      return key.length <= MAX_SHOWN_CHARACTERS && ONE_LINE.test(key) ? key : quote(key);
    })
    .join('.');
}

/** A word of the user's in a message: quoted, on one line, and cut, because words can be hostile. */
export function quote(word: string | number): string {
  const text = String(word);
  return JSON.stringify(
    text.length > MAX_SHOWN_CHARACTERS ? `${text.slice(0, MAX_SHOWN_CHARACTERS)}…` : text,
  );
}

/** The first few words of a list, for "expected one of …". */
export function quoteSome(words: readonly (string | number)[]): string {
  const shown = words.slice(0, 8).map(quote).join(', ');
  return words.length > 8 ? `${shown} and ${words.length - 8} more` : shown;
}

/** What came instead of something expected: numbers and short words as they are, everything else by its kind. */
export function got(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'boolean') return `got ${value}`;
  if (typeof value === 'string') return `got ${quote(value)}`;
  if (value === null || value === undefined) return 'got nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'got an empty list' : `got a list of ${value.length}`;
  if (typeof value !== 'object') return `got a ${typeof value}`;
  return Object.keys(value).length === 0 ? 'got an empty map' : 'got a map';
}

/** A share of the whole as a percentage of three digits, for messages. */
export function percent(share: number): string {
  return `${Number((share * 100).toPrecision(3))} %`;
}
