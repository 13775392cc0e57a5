import { genderOf } from '../../names/gender-words.ts';
import { parseBandLabel } from '../description/band-label.ts';

const AGE_GROUP =
  /^(?:minors|infants|toddlers|teens|teenagers|adolescents|youths?|young(?:er)? (?:people|adults|men|women)|adults|middle[- ]aged(?: people| adults)?|(?:the )?elderly|old(?:er)? (?:people|adults|men|women)|seniors?(?: citizens?)?|pensioners|retirees|boomers|baby boomers|millennials|zoomers|gen(?:eration)? [xyz])$/i;
/** Those of which the singular is not found by dropping an `s`. */
const GENDER_IN_PLURAL =
  /^(?:ladies|frauen|männer|mädchen|jungen|mujeres|varones|mulheres|homens|donne|uomini|ragazz[ei]|vrouwen|mannen|kvinnor|kvinner|kvinder|menn|mænd|män|kobiety|mężczyźni|ženy|muži|женщины|мужчины|жінки|чоловіки)$/iu;
/** Age groups too, but `Children` is also how many somebody has. */
const AGE_GROUP_BESIDE_OTHERS = /^(?:children|kids|babies)$/i;
const AMONG = /^(?:among|of|for|all) (?:the )?/i;
const PEOPLE = / (?:only|respondents|people|persons|population|voters|workers|employees|users|customers)$/i;
const ASIDE = / ?\([^()]*\)$/;
const MAX_CHARACTERS = 100;

/** Whether a heading names a part of the people by gender or age: `Men`, `Female respondents`, `18-30`, `Seniors`. */
export function namesPart(heading: string): boolean {
  if (heading.length > MAX_CHARACTERS) return false;
  const words = wordsOf(heading);
  return parseBandLabel(heading) !== undefined || isGender(words) || AGE_GROUP.test(words);
}

/** Whether a heading names one if others beside it do: `Children` next to `Adults`. */
export function mayNamePart(heading: string): boolean {
  return heading.length <= MAX_CHARACTERS && AGE_GROUP_BESIDE_OTHERS.test(wordsOf(heading));
}

function isGender(words: string): boolean {
  if (GENDER_IN_PLURAL.test(words)) return true;
  return (genderOf(words) ?? genderOf(words.replace(/s$/i, ''))) !== undefined;
}

function wordsOf(heading: string): string {
  return heading.trim().replace(/\s+/gu, ' ').replace(ASIDE, '').replace(AMONG, '').replace(PEOPLE, '');
}
