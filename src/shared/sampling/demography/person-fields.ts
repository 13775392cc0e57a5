/** Words for what people have rather than think: the headings whose labels divide a population into groups. */
const ATTRIBUTE =
  /\b(?:ages?|gender|sex|sexes|races?|racial|ethnic\w*|nationalit(?:y|ies)|citizenship|educat\w*|income|regions?|region\w*|geograph\w*|marital|employment|occupation\w*|religio\w*|politic\w*|part(?:y|ies)|vot(?:e|ed|ing)|languages?|residence|settlement|generations?|urban\w*)\b/iu;

/** After one of these nouns, a word such as "Distribution" adds nothing to the name of a dimension. */
const NOUN =
  /^(?:ages?|gender|sex|nationalit(?:y|ies)|citizenship|education|occupations?|income|household income|religion|ethnicity|race|languages?|regions?|marital status|employment|employment status|residence)$/i;
const SUFFIX = / (?:distribution|composition|breakdown|structure|split|groups?|brackets?|ranges?|bands?)$/i;
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

/** Whether the labels under this heading are groups that people belong to, such as parties, rather than answers that they give. */
export function isAttribute(heading: string): boolean {
  return ATTRIBUTE.test(heading);
}

/** Whether numbers under this heading are ages of people. */
export function isAge(heading: string): boolean {
  return heading
    .toLowerCase()
    .split(/[^\p{L}]+/u)
    .some((word) => AGE_WORDS.has(word));
}

/** `Age Distribution` → `age`, `Sex` → `gender`, `Education Breakdown` → `Education`; other headings stay as they are. */
export function fieldName(heading: string): string {
  const bare = heading.replace(ASIDE, '');
  const noun = bare.replace(SUFFIX, '');
  if (!NOUN.test(noun)) return heading;
  return FIELD_OF_NOUN.get(noun.toLowerCase()) ?? noun;
}
