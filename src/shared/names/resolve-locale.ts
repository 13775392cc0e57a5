import { UserError } from '../errors.ts';
import { FAKER_LOCALES } from './faker-locales.ts';
import { localeForNationality } from './locales-by-country.ts';

/**
 * The locale that a user means by `pt_BR`, `pt-BR` or `PT_br`; also a bare language where only one locale has it (`ja`,
 * `nb`).
 *
 * @throws UserError naming the near matches, or all locales where none is near
 */
export function resolveLocale(written: string): string {
  const wanted = written.trim().replaceAll('-', '_').toLowerCase();
  const exact = FAKER_LOCALES.find((id) => id.toLowerCase() === wanted);
  if (exact !== undefined) return exact;
  const language = wanted.split('_')[0] ?? '';
  const sameLanguage = FAKER_LOCALES.filter((id) => id.toLowerCase().split('_')[0] === language);
  const [only, ...others] = sameLanguage;
  if (only !== undefined && others.length === 0 && wanted === language) return only;
  const near = sameLanguage.length > 0 ? sameLanguage : nearMatches(written.trim(), wanted);
  const choice =
    near.length > 0 ? `did you mean ${near.join(' or ')}?` : `use one of ${FAKER_LOCALES.join(', ')}.`;
  throw new UserError(
    `names.locale: expected a locale of @faker-js/faker such as en_US, got "${written}"; ${choice}`,
  );
}

/** Those that a language or country by its name stands for (`german`, `Brazil`), or that are a typing error away. */
function nearMatches(written: string, wanted: string): readonly string[] {
  const country = localeForNationality(written);
  const languages = new Intl.DisplayNames('en', { type: 'language', fallback: 'none' });
  const named = FAKER_LOCALES.filter((id) => languages.of(id.split('_')[0] ?? '')?.toLowerCase() === wanted);
  if (country !== undefined) return [...new Set([country, ...named])];
  return named.length > 0 ? named : FAKER_LOCALES.filter((id) => isTypo(wanted, id.toLowerCase()));
}

/** Whether the texts differ in one letter, of the same length, or are one another's beginning. */
function isTypo(wanted: string, id: string): boolean {
  if (wanted.length < 2) return false;
  if (id.startsWith(wanted)) return true;
  const differing = [...id].filter((letter, index) => letter !== wanted[index]).length;
  return wanted.length === id.length && wanted.length > 2 && differing === 1;
}
