const ONES = (
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen ' +
  'eighteen nineteen'
).split(' ');
const TENS = 'zero ten twenty thirty forty fifty sixty seventy eighty ninety'.split(' ');

/**
 * A pattern for a text that states this age of whoever it is about: "45-year-old", "forty-five years old", "aged 45",
 * "at 45,", "you are 45", "turned 45". A bare number is no age: times of day, prices, distances and years are full of
 * them, so after "at", "are" and "turned" only the end of a phrase or a word that begins the next one is taken.
 *
 * @param age a safe integer, not negative
 */
export function ageStatement(age: number): RegExp {
  const number = `(?:${[String(age), ...inWords(age)].join('|')})`;
  const after =
    '(?!\\d)(?=\\s*(?:$|[.,;:!?)—–](?!\\d)|(?:and|but|now|you|he|she|they|when|with|after|still|while)\\b))';
  const statements = [
    `${number}[\\s-]+years?[\\s-]+(?:old|of\\s+age)(?!\\p{L})`,
    `(?:aged?|age\\s+of|age\\s+is|age:)\\s+${number}(?![\\d\\p{L}])`,
    `(?:at|turn|turns|turned|turning|you\\s+are|you['’]re|I\\s+am|I['’]m|is)\\s+${number}${after}`,
  ];
  const before = `(?<![\\p{L}\\d.:,])(?<!(?:${TENS.slice(2).join('|')})[\\s-])`;
  return new RegExp(`${before}(?:${statements.join('|')})`, 'iu');
}

function inWords(age: number): string[] {
  if (!Number.isInteger(age) || age < 0 || age > 99) return [];
  const small = ONES[age];
  if (small !== undefined) return [small];
  const tens = TENS[Math.floor(age / 10)] ?? '';
  const ones = age % 10;
  return [ones === 0 ? tens : `${tens}[\\s-]+${ONES[ones]}`];
}
