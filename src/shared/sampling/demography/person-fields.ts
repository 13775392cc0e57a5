/** Words for what people have rather than think: the headings whose labels divide a population into groups. */
const ATTRIBUTE =
  /\b(?:ages?|gender|sex|sexes|races?|racial|ethnic\w*|nationalit(?:y|ies)|citizenship|educat\w*|income|regions?|region\w*|geograph\w*|marital|employment|occupation\w*|religio\w*|politic\w*|part(?:y|ies)|vot(?:e|ed|ing)|languages?|residence|settlement|generations?|urban\w*)\b/iu;

/** Headings of what a single person has, under which numbers are shares even without a percent sign. */
const PERSON_FIELD =
  /\b(?:ages?|genders?|sex|sexes|races?|racial|ethnic\w*|nationalit(?:y|ies)|citizenship|nativity|educat\w*|schooling|income|marital|relationship status|household (?:size|type)s?|employment|occupations?|professions?|jobs?|religio\w*|faiths?|denominations?|affiliation|part(?:y|ies)|languages?|regions?|residence|generations?)\b/iu;

/** After one of these nouns, a word such as "Distribution" adds nothing to the name of a dimension. */
const NOUN =
  /^(?:ages?|gender|sex|nationalit(?:y|ies)|citizenship|education|occupations?|income|household income|religion|ethnicity|race|languages?|regions?|marital status|employment|employment status|residence)$/i;
const SUFFIX = / (?:distribution|composition|breakdown|structure|split|groups?|brackets?|ranges?|bands?)$/i;
const ANY_ASIDE = / \([^()]*\)$/;
const BY = /^(?:population|people|residents|shares?|distribution) (?:by|of) /i;
const ASIDE = / \((?:in )?(?:years|%|percent)\)$/i;

const FIELD_OF_NOUN: ReadonlyMap<string, string> = new Map([
  ['age', 'age'],
  ['ages', 'age'],
  ['gender', 'gender'],
  ['sex', 'gender'],
  ['nationality', 'nationality'],
  ['nationalities', 'nationality'],
]);

const AGE_WORDS = new Set(
  'age ages aged edad edades idade idades alter âge eta età leeftijd ålder alder wiek возраст 年齢 年龄 나이 연령'.split(
    ' ',
  ),
);

/** `Age of car`, `Age at marriage`; but `Age of respondents`, `Age at last birthday`. */
const OTHER_AGE =
  /\bages? (?:when\b|at (?!(?:the )?(?:time of (?:the )?)?(?:last birthday|survey|interview|census|present)\b)|of (?!(?:(?:the|our|all|adult|survey|active|current|resident) )*(?:populations?|people|persons?|respondents?|residents?|inhabitants|citizens|adults?|men|women|users?|customers?|clients?|consumers?|employees|staff|workers|workforce|voters|members?|participants?|students?|patients?|buyers?|visitors?|shoppers?|drivers?|owners?|households?|householders?|head)\b))/iu;

/** Whether the labels under this heading are groups that people belong to, such as parties, rather than answers that they give. */
export function isAttribute(heading: string): boolean {
  return ATTRIBUTE.test(heading);
}

/** Whether this heading names something that each person has one of, such as a religion. */
export function isPersonField(heading: string): boolean {
  return PERSON_FIELD.test(heading) || isAge(heading);
}

/** Whether numbers under this heading are how old people are: not how old their cars are, or were they once. */
export function isAge(heading: string): boolean {
  if (OTHER_AGE.test(heading)) return false;
  return heading
    .toLowerCase()
    .split(/[^\p{L}]+/u)
    .some((word) => AGE_WORDS.has(word));
}

/** The field that a heading names in any of its wordings, so that two of them contradict each other; undefined for others. */
export function knownField(heading: string): string | undefined {
  const plain = heading.replace(BY, '').replace(ANY_ASIDE, '');
  if (!NOUN.test(nounOf(plain))) return undefined;
  return fieldName(plain)
    .toLowerCase()
    .replace(/(?<!u)s$/, '');
}

/** `Age Distribution` → `age`, `Sex` → `gender`, `Education Breakdown` → `Education`; other headings stay as they are. */
export function fieldName(heading: string): string {
  const noun = nounOf(heading);
  if (!NOUN.test(noun)) return heading;
  return FIELD_OF_NOUN.get(noun.toLowerCase()) ?? noun;
}

function nounOf(heading: string): string {
  return heading.replace(ASIDE, '').replace(SUFFIX, '');
}
