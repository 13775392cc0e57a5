import type { Json } from '../../shared/factory/untrusted-json.ts';
import { isJsonMap } from '../../shared/sampling/demography/shares.ts';
import { type DescriptionFault, quoteSome } from '../../shared/sampling/description/faults.ts';

/** Keys that no demography has as a heading, however they are spelt. */
const UNMISTAKABLE = new Set([
  'dimensions',
  'contextfile',
  'samplingspacedescription',
  'agentparticularities',
  'additionaldemographicspecification',
  'onmismatch',
]);

/** What the map of a file is by its keys. Shares decide about `misspelt`, and whether `foreign` is of any use. */
export type FileKind = 'spec' | 'misspelt' | 'foreign';

/**
 * Tells a spec from another description of a population by its keys: `misspelt` where none is exactly that of a spec, and
 * some are but for their spelling.
 */
export function kindOfFile(keys: readonly string[], specKeys: readonly string[]): FileKind {
  if (keys.some((key) => specKeys.includes(key) || UNMISTAKABLE.has(plain(key)))) return 'spec';
  return keys.some((key) => likeKey(key, specKeys) !== undefined) ? 'misspelt' : 'foreign';
}

/** A fault for each key that a spec does not know. What they are instead is said once, whatever their number. */
export function unknownKeyFaults(
  path: string,
  written: Readonly<Record<string, Json>>,
  specKeys: readonly string[],
): DescriptionFault[] {
  const keys = Object.keys(written);
  const unknown = keys.filter((key) => !specKeys.includes(key));
  const mayBeDemography =
    unknown.length === keys.length || unknown.some((key) => isJsonMap(written[key] ?? null));
  const strange = unknown.find((key) => likeKey(key, specKeys) === undefined);
  return unknown.map((key, index) => {
    const like = likeKey(key, specKeys);
    const spelling = like === undefined ? '' : `: a spec spells it ${like}`;
    const known = key === strange ? `; there are ${specKeys.join(', ')}` : '';
    const wrap =
      index === 0 && mayBeDemography
        ? `; if the file is a demography and no spec, name it in a spec: \`demography: ${fileName(path)}\``
        : '';
    return { path: [key], message: `unknown key${spelling}${known}${wrap}` };
  });
}

/** Says of a foreign map in which no shares were found what it is not. */
export function neitherSpecNorDemography(keys: readonly string[], specKeys: readonly string[]): string {
  return (
    `it is neither a spec (no key of it is one of ${specKeys.join(', ')}) nor the demography of a population ` +
    `(no group of shares in it sums to about 100 %): its keys are ${quoteSome(keys) || 'none'}`
  );
}

function likeKey(key: string, specKeys: readonly string[]): string | undefined {
  const wanted = plain(key);
  return specKeys.find((each) => each.toLowerCase() === wanted);
}

function plain(key: string): string {
  return key.toLowerCase().replace(/[-_ ]/g, '');
}

function fileName(path: string): string {
  return path.split(/[/\\]/).at(-1) ?? path;
}
